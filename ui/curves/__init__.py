"""The page where any curve can be drawn."""
