"""What ``twinlens evaluate`` is asked, and how it measures captions."""
