"""Thousands of damaged and hostile files through every public loader: ``python -m tests.fuzz``.

Valid files, written by each format's own library, are damaged at random and loaded in separate processes. Each must
give a result or one of the package's own errors: no other exception, crash, hang or excessive memory; no writing
elsewhere, no unpickling, no subprocess and no network access.

``kinds`` has one file for each kind of input, ``damage`` one for each format that is parsed for deeper damage.
"""
