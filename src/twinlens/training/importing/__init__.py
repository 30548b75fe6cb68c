"""Published checkpoints of images and texts, converted to bundles."""
