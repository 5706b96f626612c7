"""The lesson: its steps as data, what a student has done of it, and the numbers it says."""
