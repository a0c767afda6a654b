"""Validation of untrusted model files before a library reads them."""
