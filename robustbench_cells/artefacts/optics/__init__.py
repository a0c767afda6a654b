"""What the optics between specimen and camera do to the image."""
