"""When a photo was taken: from its EXIF, IPTC and GPS data, its file name, or the date of its file."""
