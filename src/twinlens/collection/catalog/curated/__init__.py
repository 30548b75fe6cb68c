"""What people give to photos by hand besides favourites: tags, ratings, albums."""
