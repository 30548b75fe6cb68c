"""What only a catalog in a file has: its journal, locks, copies and damage."""
