"""Data sets: from image and mask files to frames with labelled cells."""
