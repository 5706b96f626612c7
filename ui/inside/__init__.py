"""What can be read off the hidden states, and what is used."""
