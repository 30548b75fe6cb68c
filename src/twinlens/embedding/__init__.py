"""Photos in, embeddings out."""
