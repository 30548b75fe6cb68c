"""What photo files, and files beside them, say about photos."""
