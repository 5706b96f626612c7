"""Training one in the browser's sight."""
