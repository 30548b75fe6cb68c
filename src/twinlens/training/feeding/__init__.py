"""What goes into a training step: which photos with which captions, as features or pixels."""
