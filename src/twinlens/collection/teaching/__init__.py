"""What people teach their library: feedback on queries, words of their own, and lessons for the model."""
