"""Models in processes of their own: one that hangs, takes memory or ends its process costs its own tests only."""
