"""Photos and captioned data sets on disk."""
