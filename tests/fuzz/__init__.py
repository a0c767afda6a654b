"""Thousands of damaged and hostile files through every public loader: ``python -m tests.fuzz``.

Sound files, made by each format's own library, are damaged at random and loaded in processes of their own. Each must
give a result or one of the package's own errors: no other exception, crash, hang, or hunger for memory; nothing is
written elsewhere, nothing is unpickled, no program is started and no address is asked for.

``kinds`` has one file for each kind of input, ``damage`` one for each format that is taken apart for deeper damage.
"""
