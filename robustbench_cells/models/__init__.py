"""Segmenters from files, folders and functions: formats, runtimes, vetting, baselines and exports."""

from robustbench_cells.models.runtimes.telemetry import disable_telemetry

disable_telemetry()  # before any of the libraries is imported
