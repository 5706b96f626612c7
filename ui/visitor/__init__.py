"""What one visitor holds: screen, link, settings, network."""
