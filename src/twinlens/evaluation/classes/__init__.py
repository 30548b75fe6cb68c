"""Names and kinds of classes."""
