"""What retraining alone does to the scores, and what harm does: networks of one recipe, measured frame by frame.

python -m benchmarks.retrainings --help
"""
