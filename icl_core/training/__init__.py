"""Training: the loop, and a run that a page watches."""
