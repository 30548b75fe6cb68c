"""Photos taken with a lens."""

from twinlens.collection.catalog.condition import NONE, TEXTS, Condition, has_part
from twinlens.collection.searching.filtering import Filter, FilterScope, parse_text


def taken_through(lens: str, scope: FilterScope) -> Condition:
    """Matches a part of its name, case-insensitive; "50 mm" finds "EF50mm"."""
    return has_part("lens", lens) if scope.has_table(TEXTS) else NONE


LENS = Filter(
    name="lens",
    label="Lens",
    help="Part of the lens's name, such as 50mm.",
    example="50mm",
    max_length=200,
    parse=parse_text,
    condition=taken_through,
    phrase="lens {}",
    has_input=False,
)
