"""Files read and written safely: atomically, within bounds, by checksum."""
