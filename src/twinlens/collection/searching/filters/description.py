"""Photos with a description of certain words."""

from twinlens.collection.searching.filtering import Filter, found_by, parse_text
from twinlens.collection.searching.filters.title import holds

DESCRIPTION = Filter(
    name="description",
    label="Description",
    help="Words of the description that the photo's file, or a file beside it, gives.",
    example="in the rain",
    max_length=1000,
    parse=parse_text,
    condition=holds("description"),
    sources=found_by("description", holds("description")),
    phrase="with a description that says {}",
    has_input=False,
)
