"""Photos taken on a date or later."""

from twinlens.collection.catalog.condition import Condition, taken_from
from twinlens.collection.searching.dates import parse_first
from twinlens.collection.searching.filtering import Filter, FilterScope


def taken_after(date: str, _: FilterScope) -> Condition:
    """Dates are the camera's local time."""
    return taken_from(date)


AFTER = Filter(
    name="after",
    kind="date",
    label="From",
    help="Taken on this date or later, such as 2023, 2023-06-30, 'June 2023', 'last summer'.",
    example="2023-06-30",
    max_length=100,
    parse=parse_first,
    condition=taken_after,
    phrase="taken {} or later",
)
