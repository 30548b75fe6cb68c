"""Photos that are upright, wide or square."""

from twinlens.collection.catalog.condition import Condition
from twinlens.collection.searching.filtering import Filter, FilterScope, parse_choice

SQL = {"portrait": "width < height", "landscape": "width > height", "square": "width = height"}


def is_oriented(orientation: str, _: FilterScope) -> Condition:
    """By the sides of the upright photo; one whose size is not known is none of them."""
    return Condition(SQL[orientation])


ORIENTATION = Filter(
    name="orientation",
    kind="choice",
    label="Orientation",
    help="Only photos of this orientation.",
    example="portrait",
    choices=tuple(SQL),
    parse=parse_choice(*SQL),
    condition=is_oriented,
    phrase="{}",
)
