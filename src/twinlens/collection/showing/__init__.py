"""What interfaces show of a collection: photos, thumbnails, maps, contact sheets, archives."""
