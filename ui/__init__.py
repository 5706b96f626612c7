"""What only the pages need: the task pad, the link, charts and words."""
