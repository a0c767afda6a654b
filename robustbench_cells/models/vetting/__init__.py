"""Everything that may refuse a model file: untrusted content is validated here before a library reads it."""
