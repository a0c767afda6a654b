"""What a run of the benchmark leaves out."""

# Timings take minutes, and a gate neither waits for them nor fails by them: they run where their file is named.
collect_ignore = ["test_speed.py"]
