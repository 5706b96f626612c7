"""The page about a real language model."""
