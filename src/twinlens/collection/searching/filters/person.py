"""Photos of a person who is named in their file, or in a file beside it."""

from twinlens.collection.searching.filtering import Filter, found_by, parse_text
from twinlens.collection.searching.filters.title import holds

PERSON = Filter(
    name="person",
    label="Person",
    help="The name of a person, or a part of it, from the photo's file or a file beside it.",
    example="Ana",
    max_length=300,
    parse=parse_text,
    condition=holds("person"),
    sources=found_by("person", holds("person")),
    phrase="with {}",
    has_input=False,
)
