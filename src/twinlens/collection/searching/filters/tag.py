"""Photos with a tag, or with a keyword in their file."""

from twinlens.collection.catalog.condition import TEXTS, Condition, any_of, text_holds
from twinlens.collection.catalog.curated.conditions import TAGS, tagged
from twinlens.collection.catalog.curated.names import MOST_CHARACTERS, nearest_name
from twinlens.collection.searching.filtering import Filter, FilterScope, parse_text


def has_tag(tag: str, scope: FilterScope) -> Condition:
    """The whole tag, or whole words of a keyword, in any case; matches nothing in a catalog without both."""
    return any_of(tag_sources(tag, scope).values())


def note_unknown(tag: str, scope: FilterScope) -> str | None:
    """Says that no photo has the tag, and which one was probably meant."""
    if scope.any_photo(has_tag(tag, scope)):
        return None
    near = nearest_name(tag, scope.tags())
    return f"no photo has the tag “{tag}”" + (f" (did you mean “{near}”?)" if near else "")


def tag_sources(tag: str, scope: FilterScope) -> dict[str, Condition]:
    """Tags that people gave here, and keywords of files."""
    sources = {"tag": (TAGS, tagged(tag)), "keyword": (TEXTS, text_holds("keyword", tag))}
    return {name: condition for name, (table, condition) in sources.items() if scope.has_table(table)}


TAG = Filter(
    name="tag",
    label="Tag",
    help="Only photos with this tag, or this keyword in their file, in any case.",
    example="kids",
    max_length=MOST_CHARACTERS,
    parse=parse_text,
    condition=has_tag,
    sources=tag_sources,
    note=note_unknown,
    phrase="tagged {}",
    has_input=False,
)
