"""The photos that a share shows now, in their order."""

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
from twinlens.errors import UnknownAlbumError

MOST_FOUND = 2000  # by words; those that fit best


def photos_shown(shown: Shown, catalog: Catalog, photos: GivenPhotos, searcher: Searcher, albums: Albums) -> list[int]:
    """The catalog's keys of the photos that can be searched now.

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


def _photos_shown(shown: Shown, catalog: Catalog, photos: GivenPhotos, searcher: Searcher, albums: Albums) -> list[int]:
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
    filters = Filters(**shown.filters)
    order: Order | None = next((order for order in ORDERS if order == shown.sort), None)
    if not shown.query:
        ids = catalog.select_ids(filters.condition(searcher.scope()))
        in_order: list[int] = catalog.ordered(ids, order or "date", len(ids)).tolist()
        return in_order
    page = Page(MOST_FOUND, sort=order or "relevance")
    return photos.known(hit.id for hit in searcher.answer(Search(words_query(shown.query), filters, page)).matching)
