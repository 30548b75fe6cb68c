"""The training loop: stages, steps, checkpoints, validation."""
