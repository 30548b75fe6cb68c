"""What the files of a library say of its photos, counted: people, places, keywords."""

from dataclasses import dataclass

from twinlens.collection.catalog.catalog import Catalog

MOST_VALUES = 2000  # of each kind: lists for people to choose from


@dataclass(frozen=True, slots=True)
class Facets:
    """Values and their numbers of photos, most photos first.

    Attributes:
        people: by name.
        places: country, region and town, "|" between them.
        keywords: the parts of one have "|" between them.
    """

    people: list[tuple[str, int]]
    places: list[tuple[str, int]]
    keywords: list[tuple[str, int]]


def facets(catalog: Catalog) -> Facets:
    """Counts what is written in photos' files and beside them."""
    counts = catalog.counts()
    return Facets(*(counts.most(kind, MOST_VALUES) for kind in ("person", "place", "keyword")))
