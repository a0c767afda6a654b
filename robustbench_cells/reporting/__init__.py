"""Reports from stored results, the paper's claims among them."""
