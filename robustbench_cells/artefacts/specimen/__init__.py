"""What lies in the specimen beside the cells."""
