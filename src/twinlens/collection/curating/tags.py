"""The tags of a collection's photos."""

from collections.abc import Iterable, Sequence

from twinlens.collection.catalog.catalog import Catalog
from twinlens.collection.catalog.curated.tags import TagCount
from twinlens.collection.curating.given_photos import GivenPhotos, PhotoLike


class Tags:
    """Words that people give to photos; ``collection.tags``.

    Their case does not matter: a photo has "Kids" or "kids", never both.

    Args:
        catalog: of the collection.
        photos: finds photos by id or path.
    """

    def __init__(self, catalog: Catalog, photos: GivenPhotos) -> None:
        self._catalog, self._photos = catalog, photos

    def all(self) -> list[TagCount]:
        """All tags and how many photos have each, by name."""
        return self._catalog.tags.counts()

    def of(self, photo: PhotoLike) -> list[str]:
        """The tags of a photo, by name.

        Raises:
            QueryError: the photo is unknown.
        """
        return self._catalog.tags.of_photo(*self._photos.numbers([photo]))

    def spelled(self, tag: str) -> str:
        """A tag as all photos that have it are tagged, in whatever case it is given; as it is given if none has it."""
        return self._catalog.tags.spelled(tag)

    def add(self, tags: str | Sequence[str], photos: Iterable[PhotoLike]) -> int:
        """Gives tags to photos, all or none; returns how many photos got any that they did not have.

        Raises:
            QueryError: a photo is unknown, a tag cannot be used, or a photo would have too many; nothing was changed.
            CollectionError: the catalog cannot be written.
        """
        with self._catalog.transaction():
            return self._catalog.tags.add(_several(tags), self._photos.numbers(photos))

    def remove(self, tags: str | Sequence[str], photos: Iterable[PhotoLike]) -> int:
        """Takes tags from photos, all or none; returns how many photos had any of them.

        Raises:
            QueryError, CollectionError: see ``add``.
        """
        with self._catalog.transaction():
            return self._catalog.tags.remove(_several(tags), self._photos.numbers(photos))

    def rename(self, tag: str, name: str, *, merge: bool = False) -> int:
        """Writes a tag in another way on all photos; returns how many have it.

        Args:
            tag: in whatever case.
            name: the new name.
            merge: where there is a tag of that name already, make the two one for good.

        Raises:
            QueryError: no photo has the tag, the name cannot be used, or it is taken and ``merge`` is False.
        """
        return self._catalog.tags.rename(tag, name, merge=merge)


def _several(tags: str | Sequence[str]) -> Sequence[str]:
    return [tags] if isinstance(tags, str) else tags
