"""From a search to its answer: parse the query, filter, rank, decide which hits match."""
