"""Photos by their stars: those that people gave them here or, without, those of the photo's file."""

from twinlens.collection.catalog.condition import FILE_RATING, NONE, TEXTS, Condition
from twinlens.collection.catalog.curated.conditions import OWN_RATING, RATINGS
from twinlens.collection.searching.comparisons import Unit, compared, parse_comparison
from twinlens.collection.searching.filtering import Filter, FilterScope

WRITTEN = ("", "stars", "star")


def has_rating(comparison: str, scope: FilterScope) -> Condition:
    """A photo without a rating passes no comparison; matches nothing in a catalog without ratings."""
    sources = ((RATINGS, OWN_RATING), (TEXTS, FILE_RATING))
    known = [stars for table, stars in sources if scope.has_table(table)]
    return compared(comparison, _units(f"coalesce({', '.join(known)}, NULL)")) if known else NONE


def _units(stars: str) -> dict[str, Unit]:
    return {name: Unit(stars) for name in WRITTEN}


RATING = Filter(
    name="rating",
    label="Rating",
    help="Stars, such as '>=4', 5, 2..3: those given here or, without, those of the photo's file.",
    example=">=4",
    max_length=100,
    parse=parse_comparison(_units("stars"), example="'>=4', 5 or 2..3"),
    condition=has_rating,
    phrase="rating {}",
    has_input=False,
)
