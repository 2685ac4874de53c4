"""ONNX files: the file, the values that decide shapes, the operators, and the run over them."""
