"""The server: searching over HTTP, for programs and for the page."""
