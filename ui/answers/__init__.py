"""From a screen to every answer on it."""
