"""What people give to photos by hand: tags, ratings, albums."""
