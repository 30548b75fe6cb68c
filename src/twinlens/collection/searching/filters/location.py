"""Photos taken in a country, a region or a town, by its name; in a query also ``place:``."""

from twinlens.collection.catalog.condition import NONE, TEXTS, Condition, all_of, any_of, text_holds
from twinlens.collection.searching.filtering import Filter, FilterScope, found_by, parse_text


def is_in(place: str, scope: FilterScope) -> Condition:
    """A name in any language that knows it, or whole words of one as it is written here."""
    from twinlens.data.places.gazetteer import names_of  # takes 0.2 s, which ``--help`` need not wait for

    if not scope.has_table(TEXTS):
        return NONE
    parts = [part.strip() for part in place.split(",") if part.strip()]
    # all parts of "Paris, Texas" must be there
    found = (any_of(text_holds("place", name) for name in dict.fromkeys((part, *names_of(part)))) for part in parts)
    return all_of(found) if parts else NONE


LOCATION = Filter(
    name="location",
    label="Place",
    help="Country, region or town where the photo was taken, such as Italy, Bavaria, 'Paris, Texas'.",
    example="Italy",
    max_length=100,
    parse=parse_text,
    condition=is_in,
    sources=found_by("place", is_in),
    phrase="taken in {}",
    has_input=False,
)
