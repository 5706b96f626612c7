"""The page about memorising and learning."""
