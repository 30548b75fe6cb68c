"""Photos marked as favourites."""

from twinlens.collection.catalog.condition import NONE, Condition
from twinlens.collection.catalog.marks import FAVOURITES as TABLE
from twinlens.collection.catalog.marks import IS_FAVOURITE
from twinlens.collection.searching.filtering import Filter, FilterScope, parse_flag


def is_marked(_: bool, scope: FilterScope) -> Condition:
    """Matches nothing in a catalog without favourites."""
    return IS_FAVOURITE if scope.has_table(TABLE) else NONE


FAVOURITES = Filter(
    name="favourites",
    kind="flag",
    label="Favourites",
    help="Only photos marked as favourites.",
    parse=parse_flag,
    condition=is_marked,
    phrase="favourites",
)
