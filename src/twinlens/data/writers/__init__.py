"""Writers of captioned photos, a file each format; their table is ``data.WRITERS``."""
