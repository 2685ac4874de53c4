"""PyTorch's `.pt2` files (torch.export.save): the archive, the program in it, its operators."""
