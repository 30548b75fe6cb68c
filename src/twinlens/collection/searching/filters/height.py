"""Photos by their height in pixels."""

from twinlens.collection.catalog.condition import Condition
from twinlens.collection.searching.comparisons import Unit, compared, parse_comparison
from twinlens.collection.searching.filtering import Filter, FilterScope

PIXELS = {"": Unit("height"), "px": Unit("height")}


def has_height(comparison: str, _: FilterScope) -> Condition:
    """Of the upright photo."""
    return compared(comparison, PIXELS)


HEIGHT = Filter(
    name="height",
    label="Height",
    help="Height in pixels, such as '>2000', '<=1000', 1920, 1000..2000.",
    example=">2000",
    max_length=100,
    parse=parse_comparison(PIXELS, example="'>2000', '<=1000', 1920 or 1000..2000"),
    condition=has_height,
    phrase="height {}",
    has_input=False,
)
