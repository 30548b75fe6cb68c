"""What interfaces show: photos, thumbnails, maps, contact sheets, archives."""
