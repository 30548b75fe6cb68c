"""Photo libraries that an app searches: on this machine, or behind a server."""
