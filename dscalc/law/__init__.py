"""What a layer costs: kinds, networks made of them, and the walk that measures."""
