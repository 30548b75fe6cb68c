"""The view of training runs: curves, what differs, and comparisons on their validation photos."""
