"""What Pillow does not do for ``data.images``: kinds by first bytes, incomplete files, TIFF, BMP, large JPEGs, sRGB."""
