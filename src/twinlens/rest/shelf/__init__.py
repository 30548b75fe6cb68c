"""Several libraries on one server, each below its name."""
