"""Cells as instances: components of masks, how true and predicted cells overlap, which of them match."""
