"""What is done with a collection's photos besides finding them."""
