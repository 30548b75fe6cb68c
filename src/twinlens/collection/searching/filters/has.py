"""Photos of which something is known: where or when they were taken, what they show, or what people gave them."""

from twinlens.collection.catalog.condition import (
    FILE_RATING,
    HAS_CAPTION,
    HAS_READ_TEXT,
    READ_TEXTS,
    TEXTS,
    Condition,
    all_of,
    any_of,
    has_text,
)
from twinlens.collection.catalog.curated.conditions import HAS_RATING, HAS_TAG, RATINGS, TAGS
from twinlens.collection.searching.filtering import Filter, FilterScope, parse_words

KNOWN: dict[str, dict[str, Condition]] = {
    "gps": {"photos": Condition("latitude IS NOT NULL AND longitude IS NOT NULL")},
    "date": {"photos": Condition("taken_at IS NOT NULL")},
    "caption": {"captions": HAS_CAPTION},
    "tag": {TAGS: HAS_TAG},
    "rating": {RATINGS: HAS_RATING, TEXTS: Condition(f"{FILE_RATING} IS NOT NULL")},
    "title": {TEXTS: has_text("title")},
    "description": {TEXTS: has_text("description")},
    "keywords": {TEXTS: has_text("keyword")},
    "people": {TEXTS: has_text("person")},
    "text": {READ_TEXTS: HAS_READ_TEXT},
}
"""For each, the table that knows it, and how; a read-only catalog of an older release may lack the table."""
ALSO = {
    "location": "gps",
    "place": "gps",
    "captions": "caption",
    "tags": "tag",
    "ratings": "rating",
    "keyword": "keywords",
    "person": "people",
    "faces": "people",
}


def has_all(names: str, scope: FilterScope) -> Condition:
    """Matches photos that have each of them; nothing has a caption in a catalog without captions."""
    return all_of(
        any_of(condition for table, condition in KNOWN[name].items() if scope.has_table(table))
        for name in names.split(",")
    )


HAS = Filter(
    name="has",
    label="Has",
    help=f"Only photos with {', '.join([*KNOWN][:-1])} or {[*KNOWN][-1]}; several with commas.",
    example="gps",
    max_length=100,
    parse=parse_words({name: name for name in KNOWN} | ALSO, told=tuple(KNOWN)),
    condition=has_all,
    phrase="with {}",
    has_input=False,
)
