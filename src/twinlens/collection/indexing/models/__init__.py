"""Which model a collection has, and how another one takes over."""
