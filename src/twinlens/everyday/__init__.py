"""What people have photos of: descriptions and words that describe a photo where nobody has."""
