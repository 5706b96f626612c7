"""The way from the prompt to the answer, drawn on the visitor's own points."""
