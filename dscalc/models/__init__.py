"""The bytes of a model file become one small graph, and the graph a Network."""
