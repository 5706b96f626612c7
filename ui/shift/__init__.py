"""The page about what the training data decide."""
