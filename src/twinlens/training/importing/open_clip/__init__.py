"""Checkpoints of open_clip, without its package: what they are, their weights, their processor and tokenizer."""
