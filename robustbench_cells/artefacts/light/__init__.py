"""How the specimen is lit, and how grey levels follow from it."""
