"""The albums of a collection: put together by hand, or searches that are saved."""

from collections.abc import Iterable
from dataclasses import replace

from twinlens.collection.catalog.catalog import Catalog
from twinlens.collection.catalog.curated.albums import Album
from twinlens.collection.catalog.curated.names import nearest_name, tidy_name
from twinlens.collection.curating.given_photos import GivenPhotos, PhotoLike
from twinlens.collection.searching.answer import Answer
from twinlens.collection.searching.filtering import Filters
from twinlens.collection.searching.query import Query, parse_query, words_query
from twinlens.collection.searching.search import Page, Search
from twinlens.collection.searching.searcher import Searcher
from twinlens.data.one_line import one_line
from twinlens.errors import QueryError, UnknownAlbumError

EVERYTHING = Query((), "all photos")


class Albums:
    """Albums of photos; ``collection.albums``.

    A live album has a query, and shows what that finds whenever it is opened. The others have the photos that people
    have put into them, in this order. The case of a name does not matter.

    Args:
        catalog: of the collection.
        photos: finds photos by id or path.
        searcher: opens live albums.
    """

    def __init__(self, catalog: Catalog, photos: GivenPhotos, searcher: Searcher) -> None:
        self._catalog, self._photos, self._searcher = catalog, photos, searcher

    def all(self) -> list[Album]:
        """All albums by name."""
        return self._catalog.albums.all()

    def counts(self) -> dict[str, int]:
        """How many photos people have put into each album, by name; live ones are left out."""
        counts = self._catalog.albums.counts()
        return {album.name: counts.get(album.number, 0) for album in self.all() if not album.is_live}

    def of(self, photo: PhotoLike) -> list[str]:
        """The albums that people have put a photo into, by name.

        Raises:
            QueryError: the photo is unknown.
        """
        return self._catalog.albums.of_photo(*self._photos.numbers([photo]))

    def get(self, name: str) -> Album:
        """The album with a name.

        Raises:
            UnknownAlbumError: there is none.
        """
        if (album := self._catalog.albums.find(name)) is not None:
            return album
        near = nearest_name(name, (one.name for one in self.all()))
        hint = f"; did you mean {near!r}?" if near else "; 'twinlens albums list' lists all"
        raise UnknownAlbumError(f"there is no album {name!r}{hint}")

    def spelled(self, name: str) -> str:
        """The name of an album as it is written, in whatever case it is given; as it is given if there is none."""
        album = self._catalog.albums.find(name)
        return album.name if album is not None else name

    def open(self, name: str, *, k: int | None = None, offset: int = 0) -> Answer:
        """The photos of an album: in its order, or as its search finds them.

        Args:
            name: of the album.
            k: number of photos; None = all.
            offset: number of photos to skip, for paging.

        Raises:
            QueryError: there is no such album, or its search cannot be used any more.
            CollectionNotFoundError: nothing is indexed yet.
        """
        album = self.get(name)
        filters = Filters(album=album.name)
        if not album.is_live:
            photos = self._catalog.albums.photos(album)
            page = Page(max(1, len(photos)) if k is None else k, offset)
            return self._searcher.listed(Search(EVERYTHING, filters, page, show_all=True), photos)
        if k is None:
            k = max(1, len(self._searcher.found(EVERYTHING, filters)))
        return self._searcher.answer(Search(words_query(album.query), filters, Page(k, offset), show_all=True))

    def add(self, name: str, photos: Iterable[PhotoLike]) -> int:
        """Puts photos at the end of an album, all or none; makes it if it is new. Returns how many were not in it.

        Raises:
            QueryError: a photo is unknown, the name cannot be used, or the album is live; nothing was changed.
            CollectionError: the catalog cannot be written.
        """
        with self._catalog.transaction():
            album = self._catalog.albums.find(tidy_name(name, "album")) or self._catalog.albums.create(name)
            return self._catalog.albums.add(_made_by_hand(album), self._photos.numbers(photos))

    def remove(self, name: str, photos: Iterable[PhotoLike]) -> int:
        """Takes photos out of an album, all or none; returns how many were in it.

        Raises:
            QueryError: as ``add``, or there is no such album; nothing was changed.
        """
        with self._catalog.transaction():
            return self._catalog.albums.remove(_made_by_hand(self.get(name)), self._photos.numbers(photos))

    def put_first(self, name: str, photos: Iterable[PhotoLike]) -> None:
        """Puts photos of an album first, in the order given; the others follow as before.

        Raises:
            QueryError: as ``remove``, or a photo is not in the album; nothing was changed.
        """
        with self._catalog.transaction():
            self._catalog.albums.put_first(_made_by_hand(self.get(name)), self._photos.numbers(photos))

    def save(self, name: str, query: str | Query) -> Album:
        """Saves a search as a live album, or changes the search of one.

        Args:
            name: of the album.
            query: words and fields, as in the search box; or such a query, parsed.

        Raises:
            QueryError: the query or the name cannot be used, it is the name of an album made by hand, or the
                search asks for the album itself; nothing was changed.
        """
        name = tidy_name(name, "album")
        if isinstance(query, str):
            query = parse_query(query)
        if any(term.kind != "words" for term in query.every_term()):
            raise QueryError("an album is searched by words and fields; this query names a photo, which may go away")
        text = one_line(query.text)
        there = self._catalog.albums.find(name)
        if there is not None:
            _live(there)
        name = name if there is None else there.name
        self._searcher.scope().matching(name, text)  # tells whether it can be opened
        with self._catalog.transaction():
            if (album := self._catalog.albums.find(name)) is None:
                return self._catalog.albums.create(name, text)
            self._catalog.albums.set_query(_live(album), text)
            return replace(album, query=text)

    def rename(self, name: str, new: str) -> Album:
        """Gives an album another name.

        Raises:
            QueryError: there is no such album, or the name cannot be used or is taken.
        """
        with self._catalog.transaction():
            self._catalog.albums.rename(album := self.get(name), new)
            return replace(album, name=tidy_name(new, "album"))

    def delete(self, name: str) -> Album:
        """Deletes an album, and no photo; returns what it was.

        Raises:
            QueryError: there is no such album.
        """
        with self._catalog.transaction():
            self._catalog.albums.delete(album := self.get(name))
        return album

    def ids(self, name: str) -> list[str]:
        """Ids of the photos that people have put into an album, in its order; none of a live one.

        Raises:
            QueryError: there is no such album.
        """
        return self._ids(self.get(name))

    def _ids(self, album: Album) -> list[str]:
        return self._photos.ids(self._catalog.albums.photos(album))


def _made_by_hand(album: Album) -> Album:
    if album.is_live:
        raise QueryError(
            f"the album {album.name!r} shows what the search {album.query!r} finds, so no photos can be put into it, "
            "taken out or ordered; change its search instead"
        )
    return album


def _live(album: Album) -> Album:
    if not album.is_live:
        raise QueryError(
            f"the album {album.name!r} was put together by hand; delete it first, or save the search by another name"
        )
    return album
