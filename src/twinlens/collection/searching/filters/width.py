"""Photos by their width in pixels."""

from twinlens.collection.catalog.condition import Condition
from twinlens.collection.searching.comparisons import Unit, compared, parse_comparison
from twinlens.collection.searching.filtering import Filter, FilterScope

PIXELS = {"": Unit("width"), "px": Unit("width")}


def has_width(comparison: str, _: FilterScope) -> Condition:
    """Of the upright photo."""
    return compared(comparison, PIXELS)


WIDTH = Filter(
    name="width",
    label="Width",
    help="Width in pixels, such as '>2000', '<=1000', 1920, 1000..2000.",
    example=">2000",
    max_length=100,
    parse=parse_comparison(PIXELS, example="'>2000', '<=1000', 1920 or 1000..2000"),
    condition=has_width,
    phrase="width {}",
    has_input=False,
)
