"""How the lab is put on a platform."""
