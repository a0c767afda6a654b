"""What storing and assembling images does to them."""
