"""Records and what is computed from them: tables, intervals, curves, scorecards; on disk and in the cache."""
