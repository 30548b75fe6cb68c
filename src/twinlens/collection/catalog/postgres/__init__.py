"""A catalog in a PostgreSQL database: the same tables and questions as in the SQLite file, on a server."""
