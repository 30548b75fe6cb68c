"""Photos with a title of certain words."""

from collections.abc import Callable

from twinlens.collection.catalog.condition import NONE, TEXTS, Condition, text_holds
from twinlens.collection.searching.filtering import Filter, FilterScope, found_by, parse_text


def holds(kind: str) -> Callable[[str, FilterScope], Condition]:
    """A condition on the texts of a kind: whole words that follow each other, in any case, with or without accents."""

    def condition(words: str, scope: FilterScope) -> Condition:
        return text_holds(kind, words) if scope.has_table(TEXTS) else NONE

    return condition


TITLE = Filter(
    name="title",
    label="Title",
    help="Words of the title that the photo's file, or a file beside it, gives.",
    example="old harbour",
    max_length=1000,
    parse=parse_text,
    condition=holds("title"),
    sources=found_by("title", holds("title")),
    phrase="with the title {}",
    has_input=False,
)
