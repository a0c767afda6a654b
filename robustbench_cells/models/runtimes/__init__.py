"""Runtimes of networks: Keras, onnxruntime, bioimageio.core, Python functions; with their output and threads."""
