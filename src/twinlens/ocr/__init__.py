"""Text in pictures: recognizers, and which of the pieces that they read are legible."""
