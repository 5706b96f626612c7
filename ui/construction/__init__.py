"""The proof as weights that run, and the trained network beside it."""
