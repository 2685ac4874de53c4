"""TensorFlow.js graph models become graphs."""
