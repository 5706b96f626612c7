"""A teacher's invitation, and what a class hands in."""
