"""The server's calls, a file a topic."""
