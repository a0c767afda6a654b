"""Plug-ins for robustbench_cells: the artefact ``fading`` and the metric ``dice``."""
