"""The benchmark as a pytest plugin: options, test ids, hooks, progress, and the end of a run."""
