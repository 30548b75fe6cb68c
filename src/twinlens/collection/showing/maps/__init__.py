"""Maps of a library: where its photos were taken, and what looks alike."""
