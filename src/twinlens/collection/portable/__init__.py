"""Collections that move: to another place, into one another, apart, into an archive and out of it."""
