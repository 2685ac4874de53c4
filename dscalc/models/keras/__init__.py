"""Keras models become graphs: archives, HDF5 files, TensorFlow.js layers models."""
