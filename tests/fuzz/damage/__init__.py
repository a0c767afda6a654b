"""Ways to damage a file: of any content, and one file for each format that is taken apart."""
