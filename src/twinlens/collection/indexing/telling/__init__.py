"""What a run tells: its progress, its report, and the state beside the collection."""
