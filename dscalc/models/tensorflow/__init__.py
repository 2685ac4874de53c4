"""What the operators of TensorFlow do, which TFLite and TensorFlow.js write in their own ways."""
