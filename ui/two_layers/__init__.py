"""The page about layers that are added to a trunk."""
