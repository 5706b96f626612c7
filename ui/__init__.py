"""What only the pages need: the screen and its link, the task pad, charts, words."""

import torch

# Every run of a page is a new thread, and for each of those OpenMP would start
# a pool of its own; a prompt is too small a job to gain from one.
torch.set_num_threads(1)
