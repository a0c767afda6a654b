"""How the image is sampled: magnification, pixel size, orientation. These move pixels, and labels with them."""
