"""What people give to photos by hand: tags, ratings, albums."""

from twinlens.collection.catalog.curated.albums import Album
from twinlens.collection.catalog.curated.names import MOST_CHARACTERS
from twinlens.collection.catalog.curated.ratings import MOST_STARS
from twinlens.collection.catalog.curated.tags import TagCount
from twinlens.collection.curating.given_photos import PhotoLike
