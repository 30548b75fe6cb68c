"""Who may call the server, and how much: keys, hosts, limits, and what surrounds every answer."""
