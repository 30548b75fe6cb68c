"""Photos and texts in, embeddings out: decoders feed batches to the encoder."""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from typing import NamedTuple, TypeVar

import numpy as np

from twinlens.data.exif import PhotoDetails
from twinlens.data.images import open_photo
from twinlens.errors import DataError, PhotoError
from twinlens.protocols import DualEncoder
from twinlens.types import Embeddings, Features, Pixels

BATCH_SIZE = 16
LOOKAHEAD = 32  # prepared photos waiting for the encoder: ~200 KB each, so queues stay under 10 MB

Item = TypeVar("Item")
Result = TypeVar("Result")


class PreparedPhoto(NamedTuple):
    """A decoded photo, ready for the image tower."""

    pixels: Pixels  # [H, W, 3]
    details: PhotoDetails


class Skipped(NamedTuple):
    """A photo that could not be used, and why."""

    path: str
    reason: str


class EmbeddedPhotos(NamedTuple):
    """N of the photos asked for; the others are in ``skipped``."""

    embeddings: Embeddings  # [N, D]
    features: Features | None  # [N, F]
    kept: list[int]  # [N], index into the paths asked for
    skipped: list[Skipped]


def prepare_photo(source: Path | bytes, encoder: DualEncoder) -> PreparedPhoto:
    """Decodes one photo and resizes it as the encoder expects.

    Raises:
        PhotoError: the photo cannot be read.
    """
    photo = open_photo(source, min_side=encoder.input_side)
    return PreparedPhoto(encoder.prepare(photo.image), photo.details)


def map_ahead(
    function: Callable[[Item], Result], items: Iterable[Item], *, workers: int | None = None, lookahead: int = LOOKAHEAD
) -> Iterator[tuple[Item, Result]]:
    """Maps in threads, in order, at most ``lookahead`` items ahead of the reader.

    Pillow decodes and resizes without the interpreter's lock, so threads are enough.
    Closing the iterator early cancels what has not started.
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


def embed_photos(
    paths: Sequence[Path], encoder: DualEncoder, *, on_progress: Callable[[int], None] | None = None
) -> EmbeddedPhotos:
    """Embeds photo files; those that cannot be read are skipped and named.

    Args:
        paths: photo files.
        encoder: the model.
        on_progress: told after each batch how many paths are done.
    """

    def prepare(path: Path) -> PreparedPhoto | PhotoError:
        try:
            return prepare_photo(path, encoder)
        except PhotoError as error:
            return error

    embeddings: list[Embeddings] = []
    features: list[Features] = []
    kept: list[int] = []
    skipped: list[Skipped] = []
    prepared = enumerate(map_ahead(prepare, paths))
    while chunk := list(islice(prepared, BATCH_SIZE)):
        batch = [(number, photo.pixels) for number, (_, photo) in chunk if isinstance(photo, PreparedPhoto)]
        skipped += [Skipped(str(path), str(photo)) for _, (path, photo) in chunk if isinstance(photo, PhotoError)]
        if batch:
            encoded = encoder.encode_pixels(np.stack([pixels for _, pixels in batch]))
            kept += [number for number, _ in batch]
            embeddings.append(encoded.embeddings)
            if encoded.features is not None:
                features.append(encoded.features)
        if on_progress:
            on_progress(chunk[-1][0] + 1)
    if not kept:
        reason = f", as {skipped[0].path}: {skipped[0].reason}" if skipped else ""
        raise DataError(f"none of {len(paths)} photos could be read{reason}")
    return EmbeddedPhotos(np.concatenate(embeddings), np.concatenate(features) if features else None, kept, skipped)
