"""The server's calls, one file per topic."""
