"""A visitor's own table."""
