"""Middleware: API keys, host and origin checks, limits, response headers."""
