"""Ways to damage a file: any content, and one file for each format that is parsed."""
