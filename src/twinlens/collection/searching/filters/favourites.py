"""Photos marked as favourites, by who asks or, where marks are shared, by anybody."""

from twinlens.collection.catalog.condition import Condition
from twinlens.collection.searching.filtering import Filter, FilterScope, parse_flag


def is_marked(_: bool, scope: FilterScope) -> Condition:
    """Matches nothing in a catalog without favourites."""
    return scope.favourites()


FAVOURITES = Filter(
    name="favourites",
    kind="flag",
    label="Favourites",
    help="Only photos marked as favourites.",
    parse=parse_flag,
    condition=is_marked,
    phrase="favourites",
)
