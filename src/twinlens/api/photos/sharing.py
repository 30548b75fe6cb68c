"""Photos, searches and albums that others may see by a link."""

from twinlens.collection.catalog.curated.shares import Share, Shown
from twinlens.collection.sharing.shares import MOST_DAYS, USUAL_DAYS, NewShare, SharedPhoto
