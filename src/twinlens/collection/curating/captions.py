"""The captions of a collection's photos, written by hand."""

from collections.abc import Callable
from contextlib import AbstractContextManager

from twinlens.collection.catalog.catalog import Catalog
from twinlens.collection.curating.given_photos import GivenPhotos, PhotoLike
from twinlens.data.one_line import one_line
from twinlens.embedding.local import check_unit_rows
from twinlens.errors import ModelMismatchError, QueryError
from twinlens.protocols import DualEncoder

MOST_CHARACTERS = 2000  # models read about 60 words
MOST_CAPTIONS = 100  # of a photo that are written by hand


class Captions:
    """Sentences that say what a photo shows; ``collection.captions``.

    A caption file that is indexed later replaces those of the photos that it lists.

    Args:
        catalog: of the collection.
        photos: finds photos by id or path.
        encoder: the model of the collection's vectors; None if it is not available.
        alone: keeps other processes from changing the collection.
    """

    def __init__(
        self,
        catalog: Catalog,
        photos: GivenPhotos,
        *,
        encoder: Callable[[], DualEncoder | None],
        alone: Callable[[], AbstractContextManager[None]],
    ) -> None:
        self._catalog, self._photos, self._encoder, self._alone = catalog, photos, encoder, alone

    def of(self, photo: PhotoLike) -> list[str]:
        """The captions of a photo, oldest first.

        Raises:
            QueryError: the photo is unknown.
        """
        return self._catalog.captions.of_photo(self._number(photo))

    def add(self, photo: PhotoLike, caption: str, *, instead_of: str | None = None) -> list[str]:
        """Gives a photo a caption; returns all that it has.

        Args:
            photo: id or path.
            caption: is kept on one line.
            instead_of: a caption of the photo, which goes; it may be gone already.

        Raises:
            QueryError: the photo is unknown, or the caption is empty or too long.
            CollectionBusyError: another process is changing the collection.
            ModelMismatchError: the collection's model, which embeds captions, is missing.
            CollectionError: the catalog cannot be written.
        """
        text, number = _tidy(caption), self._number(photo)
        with self._alone():
            encoder = self._encoder()
            if encoder is None:
                raise ModelMismatchError(
                    "a caption needs the model that the photos were embedded with, which is missing"
                )
            known = self._catalog.captions.known_of(number)
            if len(known) >= MOST_CAPTIONS and instead_of not in known:
                raise QueryError(f"a photo may have {MOST_CAPTIONS} captions, and this one has {len(known)}")
            embeddings = encoder.encode_text([text])
            check_unit_rows(embeddings, count=1, dim=encoder.dim)
            with self._catalog.writing() as writer:
                writer.put_caption(number, text, embeddings[0])
                if instead_of in known and instead_of != text:
                    writer.remove_caption(known[instead_of])
        return self._catalog.captions.of_photo(number)

    def remove(self, photo: PhotoLike, caption: str) -> list[str]:
        """Takes a caption from a photo, if it has it; returns those that are left.

        Raises:
            QueryError, CollectionBusyError, CollectionError: see ``add``.
        """
        number = self._number(photo)
        with self._alone():
            known = self._catalog.captions.known_of(number)
            if caption in known:
                with self._catalog.writing() as writer:
                    writer.remove_caption(known[caption])
        return self._catalog.captions.of_photo(number)

    def _number(self, photo: PhotoLike) -> int:
        (number,) = self._photos.numbers([photo])
        return number


def _tidy(caption: str) -> str:
    text = one_line(caption)
    if not text or len(text) > MOST_CHARACTERS:
        raise QueryError(f"a caption has 1 to {MOST_CHARACTERS:,} characters, this one has {len(text):,}")
    return text
