"""Input of a training step: batches of photos and captions, as features, pixels or tokens."""
