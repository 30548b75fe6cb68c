"""The photos that a share shows now, in their order, and what they are called there."""

from typing import NamedTuple, TypeAlias

from twinlens.collection.catalog.catalog import Catalog
from twinlens.collection.catalog.curated.person import SHARED, asked_by, asker
from twinlens.collection.catalog.curated.shares import Shown
from twinlens.collection.catalog.order import ORDERS, Order
from twinlens.collection.curating.albums import Albums
from twinlens.collection.curating.given_photos import GivenPhotos
from twinlens.collection.searching.filtering import Filters
from twinlens.collection.searching.query import words_query
from twinlens.collection.searching.search import Page, Search
from twinlens.collection.searching.searcher import Searcher
from twinlens.collection.sharing.key import photo_name
from twinlens.errors import UnknownAlbumError

MOST_FOUND = 2000  # by words; those that fit best
Entry: TypeAlias = list[int]
"""The catalog's keys of a photo and of those that stand behind it: near copies, and files of the same shot."""


class NamedPhotos(NamedTuple):
    """The photos of a share by the names that they have there.

    Attributes:
        numbers: names and the catalog's keys, in order; those that stand behind another follow it.
        first: names of those that stand behind another, and the name of that one.
    """

    numbers: dict[str, int]
    first: dict[str, str]

    @property
    def num_entries(self) -> int:
        """How many stand behind no other."""
        return len(self.numbers) - len(self.first)


def named(entries: list[Entry], digest: bytes) -> NamedPhotos:
    """Gives photos their names in the share with a digest."""
    names = [[photo_name(digest, number) for number in entry] for entry in entries]
    numbers = {
        name: number for own, entry in zip(names, entries, strict=True) for name, number in zip(own, entry, strict=True)
    }
    return NamedPhotos(numbers, {name: own[0] for own in names for name in own[1:]})


def photos_shown(
    shown: Shown, catalog: Catalog, photos: GivenPhotos, searcher: Searcher, albums: Albums
) -> list[Entry]:
    """The photos that can be searched now; of those found by words near copies are one entry, as on the page.

    Whoever looks, favourites are those of everybody: a link shows nobody's own.

    Raises:
        QueryError: the album is gone, or the search cannot be used any more.
    """
    with asked_by(SHARED):
        return _photos_shown(shown, catalog, photos, searcher, albums)


def differ_by_person(shown: Shown, catalog: Catalog, photos: GivenPhotos, searcher: Searcher, albums: Albums) -> bool:
    """Whether who asks would see other photos than a link shows, because of favourites that nobody else sees."""
    if asker() == SHARED:
        return False
    own = _photos_shown(shown, catalog, photos, searcher, albums)
    return own != photos_shown(shown, catalog, photos, searcher, albums)


def _photos_shown(
    shown: Shown, catalog: Catalog, photos: GivenPhotos, searcher: Searcher, albums: Albums
) -> list[Entry]:
    if shown.query and shown.album is None and shown.photos is None:
        page = Page(MOST_FOUND, sort=_order(shown) or "relevance")
        found = searcher.answer(Search(words_query(shown.query), Filters(**shown.filters), page)).matching
        return searcher.folded(photos.known(hit.id for hit in found))
    return [[number] for number in _listed(shown, catalog, photos, searcher, albums)]


def _listed(shown: Shown, catalog: Catalog, photos: GivenPhotos, searcher: Searcher, albums: Albums) -> list[int]:
    """What is shown without words, each photo by itself."""
    if shown.photos is not None:
        there = catalog.photos(shown.photos)
        now = catalog.shares.contents(shown.photos)
        before = now if shown.contents is None else shown.contents
        return [
            number
            for number, content, shared in zip(shown.photos, now, before, strict=True)
            if number in there and content == shared
        ]
    if shown.album is not None:
        album = catalog.albums.numbered(shown.album)
        if album is None:
            raise UnknownAlbumError("the album is deleted")
        if not album.is_live:
            return catalog.albums.photos(album)
        return photos.known(hit.id for hit in albums.open(album.name, k=MOST_FOUND).hits)
    ids = catalog.select_ids(Filters(**shown.filters).condition(searcher.scope()))
    in_order: list[int] = catalog.ordered(ids, _order(shown) or "date", len(ids)).tolist()
    return in_order


def _order(shown: Shown) -> Order | None:
    return next((order for order in ORDERS if order == shown.sort), None)
