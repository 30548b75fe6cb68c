"""Photos with a keyword in their file, or in a file beside it."""

from twinlens.collection.searching.filtering import Filter, found_by, parse_text
from twinlens.collection.searching.filters.title import holds

KEYWORD = Filter(
    name="keyword",
    label="Keyword",
    help="A keyword, or a part of one such as animals|dog, from the photo's file or a file beside it.",
    example="holiday",
    max_length=300,
    parse=parse_text,
    condition=holds("keyword"),
    sources=found_by("keyword", holds("keyword")),
    phrase="with the keyword {}",
    has_input=False,
)
