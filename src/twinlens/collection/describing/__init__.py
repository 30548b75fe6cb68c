"""What photos show, said from lists of texts: descriptions where there are no captions, and labels."""
