"""Strangers who try to stop the public host: ``make attack``."""
