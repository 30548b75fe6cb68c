"""The server as processes: sockets, workers, signals."""
