"""What a worker of a cluster does with photos and texts, on one core."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from twinlens.cluster.connection import Shared
from twinlens.cluster.worker import NeedsMore
from twinlens.data.guarded.guard import Guard
from twinlens.data.images import photo_stamp
from twinlens.data.objects.object_path import ObjectPath
from twinlens.data.photo_hash import hash_file
from twinlens.embedding.local import EmbeddedPhoto, Wanted, embed_batches
from twinlens.errors import BundleError, CollectionError, PhotoError
from twinlens.protocols import DualEncoder
from twinlens.types import Embeddings, PhotoHash

Contents: TypeAlias = NDArray[np.bytes_]
"""[N], hashes of contents, ascending."""


class SentPhoto(NamedTuple):
    """A photo that a worker is to embed.

    Attributes:
        path: where the asking process sees it.
        if_new: what is wanted of it if its content is new …
        if_known: … and if it is known.
        stamp: its size and date there, by which a worker knows that it sees the same; None in object storage.
        size_bytes: of an object, if known.
        content: for a worker that cannot see it.
        reason: why it cannot be read, if the asking process knows that.
        is_left: whether it is left to the asking process.
    """

    path: Path
    if_new: Wanted
    if_known: Wanted
    stamp: tuple[int, int] | None = None
    size_bytes: int | None = None
    content: bytes | None = None
    reason: str | None = None
    is_left: bool = False

    @property
    def source(self) -> Path | bytes:
        """What is to be read."""
        return self.path if self.content is None else self.content

    @property
    def is_told(self) -> bool:
        """Whether there is nothing to read."""
        return self.reason is not None or self.is_left


@dataclass(frozen=True)
class PhotosJob:
    """Photos to embed.

    Attributes:
        photos: in order.
        known: hashes of contents that are known.
        check_rows: whether embeddings must be unit vectors.
    """

    photos: tuple[SentPhoto, ...]
    known: Shared[Contents] | None
    check_rows: bool


class TextsJob(NamedTuple):
    """Texts to embed."""

    texts: tuple[str, ...]


class HashesJob(NamedTuple):
    """Photos whose hashes are wanted."""

    photos: tuple[SentPhoto, ...]


class EmbeddingWorker:
    """Does jobs with one model.

    Args:
        opener: opens the model.
        fingerprint: that it must have.

    Raises:
        BundleError: it is another model here, or damaged.
    """

    def __init__(self, opener: Callable[[], DualEncoder], fingerprint: str) -> None:
        self._encoder, self._guard = opener(), Guard(processes=1)
        if self._encoder.fingerprint != fingerprint:
            raise BundleError(
                f"the model {self._encoder.name} is {self._encoder.fingerprint} here, {fingerprint} where it is asked "
                "for; install the same twinlens on all machines"
            )

    def __call__(self, job: Any) -> list[EmbeddedPhoto[int]] | list[PhotoHash | None] | Embeddings | NeedsMore:
        """The photos in order, each with its number; the texts' rows; or hashes: as the job wants it.

        ``NeedsMore`` if a photo cannot be seen here.
        """
        if isinstance(job, TextsJob):
            return self._encoder.encode_text(job.texts)
        unseen = sum(not _is_seen(photo) for photo in job.photos)
        if unseen:
            return NeedsMore(always=unseen == sum(not photo.is_told for photo in job.photos))
        if isinstance(job, HashesJob):
            return [None if photo.is_told else hash_file(photo.source) for photo in job.photos]
        return self._embed(job)

    def _embed(self, job: PhotosJob) -> list[EmbeddedPhoto[int]] | NeedsMore:
        photos = job.photos
        known = job.known.get() if job.known else None

        def wanted(number: int, content: bytes) -> Wanted:
            return photos[number].if_known if _is_among(content, known) else photos[number].if_new

        found = {
            number: EmbeddedPhoto(number, None, None, None, photo.reason)
            for number, photo in enumerate(photos)
            if photo.is_told
        }
        numbers = [number for number in range(len(photos)) if number not in found]
        try:
            for batch in embed_batches(
                numbers,
                self._encoder,
                path_of=lambda number: photos[number].source,
                wanted=wanted,
                batch_size=len(photos),
                check_rows=job.check_rows,
                size_of=lambda number: photos[number].size_bytes,
                guard=self._guard,
                cores=1,
            ):
                found |= {photo.item: photo for photo in batch}
        except CollectionError:  # object storage that only the asking process can read
            return NeedsMore(always=True)
        if any(photo.content_hash is None and not photos[photo.item].is_told for photo in found.values()):
            return NeedsMore(always=False)  # the asking process may be allowed to read it, and knows the reason
        return [found[number] for number in range(len(photos))]


def _is_seen(photo: SentPhoto) -> bool:
    """Whether the photo is here, and the same."""
    if photo.is_told or photo.content is not None or isinstance(photo.path, ObjectPath):
        return True
    try:
        return photo_stamp(photo.path) == photo.stamp
    except PhotoError:
        return False


def _is_among(content: bytes, known: Contents | None) -> bool:
    if known is None:
        return False
    place = int(np.searchsorted(known, np.bytes_(content)))
    return place < len(known) and bool(known[place] == np.bytes_(content))
