"""Conditions × patches × segmenters into records, here or on a Dask cluster."""
