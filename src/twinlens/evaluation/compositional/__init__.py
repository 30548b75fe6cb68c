"""Sets that ask who does what to whom: each caption against one with nearly the same words."""
