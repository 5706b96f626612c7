"""What the app needs besides its pages when it is served to the public."""
