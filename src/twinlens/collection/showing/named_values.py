"""The names in a library that a query may ask for: people, places, tags, albums, folders and cameras."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Literal, NamedTuple, TypeAlias

from twinlens.collection.catalog.catalog import Catalog
from twinlens.collection.showing.facts import LibraryFacts
from twinlens.words.terms import terms_of

NamedKind: TypeAlias = Literal["person", "place", "tag", "album", "folder", "camera"]
MOST_VALUES = 2000  # people, and places
_PLAIN = re.compile(r"[\w./-]+")  # no sign in it means anything in a query
REMEMBERED = 50_000  # names whose terms are known, so that a key costs little


class NamedValue(NamedTuple):
    """A name, and how a query asks for it.

    Attributes:
        kind: the field of the query.
        name: as people read it.
        begins: what a person who means it begins to type: of a folder or a place the last part.
        photos: how many have it; None where that is not counted.
    """

    kind: NamedKind
    name: str
    begins: str
    photos: int | None = None

    @property
    def query(self) -> str:
        """As a condition of a query."""
        return f"{self.kind}:{self.name}" if _PLAIN.fullmatch(self.name) else f'{self.kind}:"{self.name}"'


def named_values(catalog: Catalog, facts: LibraryFacts) -> Iterator[NamedValue]:
    """All of them, kind after kind, those with most photos first; tags and albums, which are not counted, by name."""
    counts = catalog.counts()
    yield from (NamedValue("person", name, name, photos) for name, photos in counts.most("person", MOST_VALUES))
    yield from _places(counts.most("place", MOST_VALUES))
    yield from (
        NamedValue("tag", name, name) for name in _tags(catalog.tags.names(), counts.most("keyword", MOST_VALUES))
    )
    yield from (NamedValue("album", one.name, one.name) for one in catalog.albums.all())
    yield from _folders(facts.folders)
    yield from (NamedValue("camera", name, name, photos) for name, photos in facts.cameras)


def _places(counted: Iterable[tuple[str, int]]) -> Iterator[NamedValue]:
    """Countries, and regions and towns with their country."""
    places: Counter[tuple[str, str]] = Counter()
    for value, photos in counted:
        country, *others = value.split("|")
        for part in dict.fromkeys((country, *filter(None, others))):
            places[(part, part if part == country else f"{part}, {country}")] += photos
    for (part, name), photos in places.most_common():
        if part:
            yield NamedValue("place", name, part, photos)


def _tags(given: Iterable[str], keywords: Iterable[tuple[str, int]]) -> Iterable[str]:
    """Tags, and keywords of files, which are asked for as tags, too; each once, whatever its case."""
    names: dict[str, str] = {}
    for name in (*given, *(keyword.rpartition("|")[2] for keyword, _ in keywords)):
        names.setdefault(name.casefold(), name)
    return names.values()


def _folders(counted: Iterable[tuple[str, int]]) -> Iterator[NamedValue]:
    """Folders with all that is below them, also those that have no photos themselves."""
    folders: Counter[str] = Counter()
    for path, photos in counted:
        parts = path.split("/")
        for depth in range(1, len(parts) + 1):
            folders["/".join(parts[:depth])] += photos
    for path, photos in folders.most_common():
        yield NamedValue("folder", path, path.rpartition("/")[2], photos)


@lru_cache(maxsize=REMEMBERED)
def terms_in(name: str) -> tuple[str, ...]:
    """The terms of a name."""
    return tuple(terms_of(name))
