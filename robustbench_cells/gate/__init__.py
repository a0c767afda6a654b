"""Did the retrained model get worse? A candidate run compared with a baseline run."""
