"""The server: a REST API and a web page for searching a collection."""
