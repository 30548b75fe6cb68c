"""Photos that somebody has marked as favourites."""

from twinlens.collection.catalog.condition import NONE, Condition
from twinlens.collection.catalog.marks import FAVOURITES as TABLE
from twinlens.collection.catalog.marks import IS_FAVOURITE
from twinlens.collection.searching.filtering import Filter, FilterScope, parse_flag


def is_marked(_: bool, scope: FilterScope) -> Condition:
    """No photo of a catalog that knows no marks."""
    return IS_FAVOURITE if scope.has_table(TABLE) else NONE


FAVOURITES = Filter(
    name="favourites",
    kind="flag",
    label="Favourites",
    help="Only photos that were marked as favourites.",
    parse=parse_flag,
    condition=is_marked,
    phrase="favourites",
)
