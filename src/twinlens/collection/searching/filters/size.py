"""Photos by the size of their file, or by their number of pixels."""

from twinlens.collection.catalog.condition import Condition
from twinlens.collection.searching.comparisons import Unit, compared, parse_comparison
from twinlens.collection.searching.filtering import Filter, FilterScope

BYTES = "size_bytes"
UNITS = {
    "": Unit(BYTES),
    "B": Unit(BYTES),
    "kB": Unit(BYTES, 1e3),
    "MB": Unit(BYTES, 1e6),
    "GB": Unit(BYTES, 1e9),
    "KiB": Unit(BYTES, 2**10),
    "MiB": Unit(BYTES, 2**20),
    "GiB": Unit(BYTES, 2**30),
    "MP": Unit("width * height", 1e6),
}


def has_size(comparison: str, _: FilterScope) -> Condition:
    """Bytes of the file, or megapixels."""
    return compared(comparison, UNITS)


SIZE = Filter(
    name="size",
    label="Size",
    help="Size of the file or megapixels, such as '>5MB', '<200kB', '>=12MP'.",
    example=">5MB",
    max_length=100,
    parse=parse_comparison(UNITS, example="'>5MB', '<200kB', '>=12MP' or 1MB..5MB"),
    condition=has_size,
    phrase="size {}",
    has_input=False,
)
