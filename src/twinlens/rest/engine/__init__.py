"""The server's engine: thread pools, query batching, index runs."""
