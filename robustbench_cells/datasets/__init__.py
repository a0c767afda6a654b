"""Frames with labels of their cells: how files become frames."""
