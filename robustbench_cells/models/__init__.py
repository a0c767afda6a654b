"""Segmenters from files, folders and functions: formats, runtimes, vetting, baselines and exports."""
