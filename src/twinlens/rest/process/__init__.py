"""The server's processes: sockets, workers, signals."""
