"""The graph of a model file → Network: layouts, layers, joins, what is stored, and their walk."""
