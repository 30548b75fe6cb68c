"""Photos in which certain words are written."""

from twinlens.collection.catalog.condition import NONE, READ_TEXTS, Condition, read_text_holds
from twinlens.collection.searching.filtering import Filter, FilterScope, found_by, parse_text


def says(words: str, scope: FilterScope) -> Condition:
    """Whole words that follow each other, in any case, with or without accents."""
    return read_text_holds(words) if scope.has_table(READ_TEXTS) else NONE


TEXT = Filter(
    name="text",
    label="Text in the picture",
    help="Words that are written in the picture; twinlens read-text reads them.",
    example="way out",
    max_length=1000,
    parse=parse_text,
    condition=says,
    sources=found_by("text", says),
    phrase="with the text {}",
    has_input=False,
)
