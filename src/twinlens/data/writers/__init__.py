"""Writers of captioned photos, one file per format; the table is ``data.WRITERS``."""
