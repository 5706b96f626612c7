"""How the server works off what it is asked."""
