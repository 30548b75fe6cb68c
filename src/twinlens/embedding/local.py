"""Embed photo files in batches: decoder threads feed the encoder."""

import os
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Generic, Literal, NamedTuple, TypeAlias, TypeVar

import numpy as np
from PIL import Image

from twinlens.counted import counted
from twinlens.data.content_hash import content_hash
from twinlens.data.exif import PhotoDetails
from twinlens.data.guarded.guard import Guard
from twinlens.data.guarded.photos import plain, read_guarded
from twinlens.data.images import read_photo_bytes
from twinlens.data.objects.object_path import ObjectPath
from twinlens.data.region import Region
from twinlens.data.video.content import video_hash
from twinlens.data.video.names import is_video
from twinlens.embedding.turns import Turns
from twinlens.errors import BundleError, DataError, PhotoError
from twinlens.protocols import DualEncoder
from twinlens.types import Embeddings, Features, Pixels

BATCH_SIZE = 16
LOOKAHEAD = 32  # prepared photos waiting for the encoder: ~200 KB each, so queues stay under 10 MB

Item = TypeVar("Item")
Result = TypeVar("Result")
Wanted: TypeAlias = Literal["hash", "details", "vector"]
"""What is wanted of a photo: each includes the ones before it."""


class PreparedPhoto(NamedTuple):
    """A decoded photo, ready for the image tower."""

    pixels: Pixels  # [H, W, 3]
    details: PhotoDetails


class Skipped(NamedTuple):
    """A photo that could not be read, and the reason."""

    path: str
    reason: str


class PhotoVector(NamedTuple):
    """The embedding of a photo, and its pooled backbone features."""

    embedding: Embeddings  # [D]
    features: Features | None  # [F]


@dataclass(frozen=True, slots=True)
class EmbeddedPhoto(Generic[Item]):
    """One item of ``embed_batches``.

    Attributes:
        item: the given item.
        content_hash: None if the file could not be read.
        details: metadata from the file; None if it was not decoded.
        vector: None if it was not wanted, or the content could not be decoded.
        reason: why it could not be read or decoded.
    """

    item: Item
    content_hash: bytes | None
    details: PhotoDetails | None
    vector: PhotoVector | None
    reason: str | None


class _ReadPhoto(NamedTuple):
    content_hash: bytes | None
    prepared: PreparedPhoto | None = None
    is_embedded: bool = True
    reason: str | None = None


class EmbeddedPhotos(NamedTuple):
    """Embeddings of the N readable photos; the others are in ``skipped``."""

    embeddings: Embeddings  # [N, D]
    features: Features | None  # [N, F]
    kept: list[int]  # [N], indices into the given paths
    skipped: list[Skipped]


def prepare_photo(
    source: Path | bytes,
    encoder: DualEncoder,
    *,
    guard: Guard | None = None,
    max_megapixels: float | None = None,
    trusts_nothing: bool = False,
    region: Region | None = None,
) -> PreparedPhoto:
    """Decodes one photo, or a region of it, and resizes it as the encoder expects.

    Args:
        source: a file, or its content.
        encoder: the model.
        guard: for photos that are not light; None = the shared one.
        max_megapixels: larger photos are rejected before they are decoded.
        trusts_nothing: whether light photos go to the guard as well.
        region: for which the photo is decoded in its full size; None = all of it.

    Raises:
        PhotoError: the photo cannot be read, takes too long, or crashes its decoder, or has no such region.
    """
    at_ms = None if region is None else region.at_ms(source)
    read = partial(
        read_guarded,
        source,
        guard=guard,
        max_megapixels=max_megapixels,
        trusts_nothing=trusts_nothing,
        at_ms=at_ms,
    )
    side = encoder.input_side if region is None else None
    if (preparation := encoder.preparation) is not None:
        return PreparedPhoto(*read(partial(_of_region, region, preparation), min_side=side))
    image, details = read(partial(_of_region, region, plain), min_side=side)
    return PreparedPhoto(encoder.prepare(image), details)


def _of_region(region: Region | None, then: Callable[[Image.Image], Result], image: Image.Image) -> Result:
    return then(image if region is None else region.cut(image))


def map_ahead(
    function: Callable[[Item], Result],
    items: Iterable[Item],
    *,
    workers: int | None = None,
    lookahead: int = LOOKAHEAD,
    on_stop: Callable[[], None] = lambda: None,
) -> Generator[tuple[Item, Result]]:
    """Maps in threads, in order, at most ``lookahead`` items ahead of the reader.

    Pillow releases the GIL while it decodes and resizes, so threads are enough.
    Closing it early cancels items that have not started and waits for the others. Whoever reads it closes it, whatever
    happens: threads that go on would use what the caller has closed.

    Args:
        function: of one item.
        items: read as needed.
        workers: number of threads; None = number of cores.
        lookahead: see above.
        on_stop: called at the end, before running threads are waited for; ends what they wait for.
    """
    source = iter(items)
    with ThreadPoolExecutor(workers or os.cpu_count() or 1, thread_name_prefix="decode") as pool:
        pending: deque[tuple[Item, Future[Result]]] = deque()
        try:
            for item in islice(source, lookahead):
                pending.append((item, pool.submit(function, item)))
            while pending:
                item, future = pending.popleft()
                result = future.result()
                for ahead in islice(source, 1):
                    pending.append((ahead, pool.submit(function, ahead)))
                yield item, result
        finally:
            for _, future in pending:
                future.cancel()
            on_stop()


def embed_batches(
    items: Iterable[Item],
    encoder: DualEncoder | None,
    *,
    path_of: Callable[[Item], Path | bytes],
    wanted: Callable[[Item, bytes], Wanted] = lambda _item, _hash: "vector",
    batch_size: int = BATCH_SIZE,
    check_rows: bool = True,
    size_of: Callable[[Item], int | None] | None = None,
    guard: Guard | None = None,
    cores: int | None = None,
) -> Generator[list[EmbeddedPhoto[Item]]]:
    """Reads, decodes and embeds photos, batch by batch, in order; decoders work ahead of the encoder.

    Args:
        items: anything that identifies a photo.
        encoder: the model; None = only hash the files.
        path_of: returns the file of an item, or its content.
        wanted: what is wanted of an item whose content has this hash.
        batch_size: items per batch.
        check_rows: whether embeddings must be unit vectors.
        size_of: returns the bytes of an item, if that is known before it is read.
        guard: for photos that are not light; None = one for this call.
        cores: that decode; None = all.

    Raises:
        BundleError: the model returns embeddings that are not unit vectors.
        PhotosMissingError: object storage does not answer any more.
    """

    def read(item: Item) -> _ReadPhoto:
        """Runs in the decoder threads."""
        path = path_of(item)
        if not isinstance(path, ObjectPath):
            with turns.to_decode():
                return prepared(item, path)
        with turns.to_fetch(size_of(item) if size_of else None):
            try:
                content = read_photo_bytes(path)
            except PhotoError as error:
                return _ReadPhoto(None, reason=str(error))
            with turns.to_decode():
                return prepared(item, content)

    def prepared(item: Item, source: Path | bytes) -> _ReadPhoto:
        digest = None
        try:
            if isinstance(source, Path) and not is_video(source):
                source = read_photo_bytes(source)
            digest = video_hash(source) if isinstance(source, Path) else content_hash(source)
            if encoder is None or (what := wanted(item, digest)) == "hash":
                return _ReadPhoto(digest)
            return _ReadPhoto(digest, prepare_photo(source, encoder, guard=guarding), is_embedded=what == "vector")
        except PhotoError as error:
            return _ReadPhoto(digest, reason=str(error))

    own = Guard() if guard is None else None
    guarding, turns = guard or own, Turns(cores=cores)
    on_stop = own.close if own else lambda: None
    with closing(map_ahead(read, items, workers=turns.threads, on_stop=on_stop)) as pending:
        yield from _embedded(pending, encoder, batch_size=batch_size, check_rows=check_rows)


def _embedded(
    pending: Iterator[tuple[Item, _ReadPhoto]], encoder: DualEncoder | None, *, batch_size: int, check_rows: bool
) -> Iterator[list[EmbeddedPhoto[Item]]]:
    while batch := list(islice(pending, batch_size)):
        pixels = [photo.prepared.pixels for _, photo in batch if photo.prepared and photo.is_embedded]
        vectors = iter(embed_pixels(pixels, encoder, check_rows=check_rows) if pixels and encoder else ())
        yield [
            EmbeddedPhoto(
                item,
                photo.content_hash,
                details=photo.prepared.details if photo.prepared else None,
                vector=next(vectors) if photo.prepared and photo.is_embedded else None,
                reason=photo.reason,
            )
            for item, photo in batch
        ]


def check_unit_rows(embeddings: Embeddings, *, count: int, dim: int) -> None:
    """Refuses what an encoder must not return.

    Args:
        embeddings: of some photos or texts.
        count: how many there are.
        dim: D, which the model promised.

    Raises:
        BundleError: they are not [count, D], or a row is not of length 1.
    """
    if embeddings.shape != (count, dim):
        raise BundleError(
            f"the model must return embeddings [{count}, {dim}], got {list(embeddings.shape)}; "
            "check it with 'twinlens doctor'"
        )
    if not np.allclose(np.linalg.norm(embeddings, axis=1), 1.0, atol=1e-3):  # also False for NaN
        raise BundleError("the model returns embeddings that are not unit vectors; check it with 'twinlens doctor'")


def embed_photos(
    paths: Sequence[Path],
    encoder: DualEncoder,
    *,
    on_progress: Callable[[int], None] | None = None,
    embed: Callable[..., Generator[list[EmbeddedPhoto[Path]]]] = embed_batches,
) -> EmbeddedPhotos:
    """Embeds photo files; unreadable ones are skipped and listed.

    Args:
        paths: photo files.
        encoder: the model.
        on_progress: called after each batch with the number of finished paths.
        embed: as ``embed_batches``.
    """
    vectors: list[PhotoVector] = []
    kept: list[int] = []
    skipped: list[Skipped] = []
    done = 0
    # a model that returns NaN is measured, too: it gets the worst figures
    with closing(embed(paths, encoder, path_of=lambda path: path, check_rows=False)) as batches:
        for batch in batches:
            for number, photo in enumerate(batch, start=done):
                if photo.vector is None:
                    skipped.append(Skipped(str(photo.item), photo.reason or ""))
                else:
                    kept.append(number)
                    vectors.append(photo.vector)
            done += len(batch)
            if on_progress:
                on_progress(done)
    if not kept:
        reason = f", for example {skipped[0].path}: {skipped[0].reason}" if skipped else ""
        raise DataError(f"none of {counted(len(paths), 'photo')} could be read{reason}")
    features = [vector.features for vector in vectors if vector.features is not None]
    return EmbeddedPhotos(
        np.stack([vector.embedding for vector in vectors]), np.stack(features) if features else None, kept, skipped
    )


def embed_pixels(pixels: Sequence[Pixels], encoder: DualEncoder, *, check_rows: bool = True) -> list[PhotoVector]:
    """The vectors of prepared photos.

    Args:
        pixels: of each photo, [H, W, 3], at least one.
        encoder: the model.
        check_rows: whether embeddings must be unit vectors.

    Raises:
        BundleError: the model returns embeddings that are not unit vectors.
    """
    encoded = encoder.encode_pixels(np.stack(pixels))
    if check_rows:
        check_unit_rows(encoded.embeddings, count=len(pixels), dim=encoder.dim)
    features: Iterable[Features | None] = [None] * len(pixels) if encoded.features is None else encoded.features
    return [PhotoVector(*pair) for pair in zip(encoded.embeddings, features, strict=True)]
