"""Model bundles, and the encoder that runs them."""
