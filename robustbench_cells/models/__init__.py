"""From a file, a folder or a function to a segmenter: formats, runtimes, vetting, baselines and exports."""
