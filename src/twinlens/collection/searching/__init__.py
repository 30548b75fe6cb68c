"""From a search to its answer: understand the query, filter, rank, judge."""
