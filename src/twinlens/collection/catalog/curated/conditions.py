"""SQL conditions on what people gave to photos."""

from twinlens.collection.catalog.condition import Condition, listed
from twinlens.collection.catalog.curated.names import name_key

TAGS, RATINGS, ALBUMS = "tags", "ratings", "albums"  # tables; missing in a read-only catalog of an older release
HAS_TAG = listed("SELECT photo_id FROM tags")
OWN_RATING = "(SELECT stars FROM ratings WHERE photo_id = photos.id)"
HAS_RATING = listed("SELECT photo_id FROM ratings")


def tagged(tag: str) -> Condition:
    """True for photos with a tag, in whatever case it is written."""
    return listed("SELECT photo_id FROM tags WHERE key = ?", name_key(tag))


def in_album(number: int) -> Condition:
    """True for the photos that people have put into an album, by its key."""
    return listed("SELECT photo_id FROM album_photos WHERE album_id = ?", number)
