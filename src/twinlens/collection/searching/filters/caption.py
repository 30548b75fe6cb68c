"""Photos with a caption that holds a text, in any case and with or without accents."""

from twinlens.collection.catalog.condition import NONE, Condition, caption_holds
from twinlens.collection.searching.filtering import Filter, FilterScope, found_by, parse_text


def is_captioned(text: str, scope: FilterScope) -> Condition:
    """Matches nothing in a catalog without captions."""
    return caption_holds(text) if scope.has_table("captions") else NONE


CAPTION = Filter(
    name="caption",
    label="Caption",
    help="Part of one of the photo's captions.",
    example="birthday",
    max_length=1000,
    parse=parse_text,
    condition=is_captioned,
    sources=found_by("caption", is_captioned),
    phrase="with a caption that says {}",
    has_input=False,
)
