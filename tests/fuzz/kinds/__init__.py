"""One file for each kind of input, found by its registration."""
