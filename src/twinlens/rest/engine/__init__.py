"""What stands behind the calls: threads, batches of queries, index runs."""
