"""Photos taken on a date or earlier."""

from twinlens.collection.catalog.condition import Condition, taken_until
from twinlens.collection.searching.dates import parse_last
from twinlens.collection.searching.filtering import Filter, FilterScope


def taken_before(date: str, _: FilterScope) -> Condition:
    """Inclusive: ``2023`` includes the whole year."""
    return taken_until(date)


BEFORE = Filter(
    name="before",
    kind="date",
    label="To",
    help="Taken on this date or earlier; 2023 includes the whole year.",
    example="2023-06-30",
    max_length=100,
    parse=parse_last,
    condition=taken_before,
    phrase="taken {} or earlier",
)
