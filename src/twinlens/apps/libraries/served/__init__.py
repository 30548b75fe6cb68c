"""A library behind the REST API of a server."""
