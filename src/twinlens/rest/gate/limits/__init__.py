"""How many requests each caller may make: counted in this process, or among all that share a Redis server."""
