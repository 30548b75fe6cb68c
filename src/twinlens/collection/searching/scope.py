"""The library as filters and queries see it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from twinlens.collection.catalog.catalog import Catalog
from twinlens.collection.catalog.condition import NONE, Condition, Joined, Known, one_of
from twinlens.collection.catalog.curated.conditions import in_album
from twinlens.collection.catalog.curated.names import name_key
from twinlens.collection.catalog.marks import is_favourite
from twinlens.collection.catalog.reading import any_photo
from twinlens.collection.place.photo_folders import PhotoFolder
from twinlens.collection.searching.query import Query, words_query
from twinlens.collection.texts.derived_texts import DerivedTexts
from twinlens.errors import QueryError
from twinlens.types import Ids

MOST_NESTED = 10  # live albums, each in the search of the one before


@dataclass(frozen=True)
class Scope:
    """The library as filters see it.

    Attributes:
        catalog: of the library.
        folders: its photo folders.
        texts: what is written about its photos; None without phrases.
        find: finds what matches a saved search; None without live albums.
        opened: names of the live albums that are being opened.
        known: photos of live albums that others ask for, by name.
    """

    catalog: Catalog
    folders: Sequence[PhotoFolder]
    texts: DerivedTexts | None = None
    find: Callable[[Query, "Scope"], Condition] | None = None
    opened: tuple[str, ...] = ()
    known: dict[str, Condition] = field(default_factory=dict, compare=False)

    def has_table(self, name: str) -> bool:
        """Whether the catalog has a table."""
        return self.catalog.has_table(name)

    def any_photo(self, condition: Condition) -> bool:
        """Whether any searchable photo satisfies a condition."""
        if isinstance(condition, Known | Joined):  # without a look at every photo where none does
            return len(self.catalog.select_ids(condition)) > 0
        return any_photo(self.catalog, condition)

    def favourites(self) -> Condition:
        """The favourites of who asks; none in a catalog that knows no marks."""
        return is_favourite(self.catalog)

    def holding(self, phrase: str) -> Ids:
        """Photos with a text that holds a phrase, by id."""
        assert self.texts is not None, "filters hold no phrases"
        return self.texts.holding(phrase)

    def tags(self) -> Sequence[str]:
        """All tags that photos have."""
        return self.catalog.tags.names()

    def albums(self) -> Sequence[str]:
        """The names of all albums."""
        return [album.name for album in self.catalog.albums.all()]

    def album(self, name: str) -> Condition:
        """The photos of an album; see ``FilterScope``."""
        if name_key(name) in map(name_key, self.opened):
            raise QueryError(f"the album {name!r} is part of its own search: {' → '.join((*self.opened, name))}")
        album = self.catalog.albums.find(name)
        if album is None:
            return NONE
        return self.matching(album.name, album.query) if album.is_live else in_album(album.number)

    def matching(self, name: str, query: str) -> Condition:
        """The photos that the search of a live album finds.

        Raises:
            QueryError: the search cannot be used, or any more, such as one that asks for its own album.
        """
        assert self.find is not None, "there are live albums"
        if name in self.known:
            return self.known[name]
        if len(self.opened) == MOST_NESTED:
            raise QueryError(
                f"live albums ask for live albums, more than {MOST_NESTED} deep: {' → '.join(self.opened)}"
            )
        try:
            found = self.find(words_query(query), replace(self, opened=(*self.opened, name)))
        except QueryError as error:
            raise error if self.opened else QueryError(f"the album {name!r} cannot be opened: {error}") from error
        if self.opened:  # once for all that ask for it: conditions within conditions would grow without end
            found = self.known[name] = one_of(self.catalog.select_ids(found))
        return found
