"""The table of marked photos, for whatever reads the catalog."""

from twinlens.collection.catalog.database import Database

IS_FAVOURITE = "id IN (SELECT photo_id FROM favourites)"  # of a row of photos


def knows_favourites(database: Database) -> bool:
    """False for an earlier release's catalog on a medium that cannot be written."""
    return bool(database.rows("SELECT 1 FROM sqlite_master WHERE name = 'favourites'"))
