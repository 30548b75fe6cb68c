"""The ratings of a collection's photos."""

from collections.abc import Iterable

from twinlens.collection.catalog.catalog import Catalog
from twinlens.collection.curating.given_photos import GivenPhotos, PhotoLike


class Ratings:
    """One to five stars that people give to photos; ``collection.ratings``.

    Args:
        catalog: of the collection.
        photos: finds photos by id or path.
    """

    def __init__(self, catalog: Catalog, photos: GivenPhotos) -> None:
        self._catalog, self._photos = catalog, photos

    def all(self) -> dict[int, int]:
        """How many photos have each number of stars, most stars first."""
        return self._catalog.ratings.counts()

    def of(self, photo: PhotoLike) -> int | None:
        """The stars of a photo; None without a rating.

        Raises:
            QueryError: the photo is unknown.
        """
        (number,) = self._photos.numbers([photo])
        return self._catalog.ratings.of_photos([number]).get(number)

    def rate(self, stars: int, photos: Iterable[PhotoLike]) -> int:
        """Gives photos 1 to 5 stars, or takes their rating away with 0, all or none; returns how many changed.

        Raises:
            QueryError: a photo is unknown, or there is no such rating; nothing was changed.
            CollectionError: the catalog cannot be written.
        """
        with self._catalog.transaction():
            return self._catalog.ratings.rate(stars, self._photos.numbers(photos))
