"""Groups of photos that may be one too many, each with its evidence; nothing is ever deleted or moved."""
