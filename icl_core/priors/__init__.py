"""Priors: laws of tasks, one file each."""
