"""What runs a network: Keras, onnxruntime, a Python function; quietly, and with its share of the cores."""
