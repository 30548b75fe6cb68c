"""Embed photos and texts on a Ray cluster: its workers read, decode and embed; this process gets vectors."""

from collections.abc import Callable, Collection, Generator, Iterable, Iterator, Sequence
from itertools import chain, islice
from pathlib import Path
from pickle import PicklingError
from types import TracebackType
from typing import Generic, NamedTuple, Self

import numpy as np

from twinlens.cluster.connection import Cluster, Shared
from twinlens.cluster.pool import Pool
from twinlens.data.images import photo_stamp, read_photo_bytes
from twinlens.data.objects.object_path import ObjectPath
from twinlens.data.photo_hash import hash_file
from twinlens.data.video.names import is_video
from twinlens.embedding.local import (
    BATCH_SIZE,
    EmbeddedPhoto,
    EmbeddedPhotos,
    Item,
    Wanted,
    embed_batches,
    embed_photos,
)
from twinlens.embedding.on_worker import Contents, EmbeddingWorker, HashesJob, PhotosJob, SentPhoto, TextsJob
from twinlens.errors import BundleError, PhotoError
from twinlens.protocols import DualEncoder
from twinlens.types import Embeddings, PhotoHash

TEXTS = 256  # of one job: a second's work


class ClusterEmbedding:
    """Embeds with the workers of a cluster, which keep the model that they were last asked for.

    Photos are read by the workers, which must see them at the same path with the same size and date, or in the same
    object storage. To workers that do not, this process sends their contents.

    Args:
        cluster: that computes; it is left with ``close``.
    """

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._pool: Pool | None = None
        self._model = ""

    def embed_batches(
        self,
        items: Iterable[Item],
        encoder: DualEncoder,
        *,
        path_of: Callable[[Item], Path],
        wanted: Callable[[Item, bytes], Wanted] = lambda _item, _hash: "vector",
        foreseen: Callable[[Item], tuple[Wanted, Wanted]] = lambda _item: ("vector", "vector"),
        known: Collection[bytes | None] = (),
        batch_size: int = BATCH_SIZE,
        check_rows: bool = True,
        size_of: Callable[[Item], int] | None = None,
    ) -> Generator[list[EmbeddedPhoto[Item]]]:
        """As ``embed_batches`` of ``local``: batch by batch, in order, each photo once.

        Args:
            items: anything that identifies a photo.
            encoder: the model.
            path_of: returns the file of an item.
            wanted: what is wanted of an item whose content has this hash.
            foreseen: at least what ``wanted`` will say, of new content and of known one: workers cannot ask.
            known: hashes of known contents.
            batch_size: items per batch, and per job of a worker.
            check_rows: whether embeddings must be unit vectors.
            size_of: returns the bytes of an item, if that is known before it is read.

        Raises:
            ClusterError: all workers are lost, or none can start.
            BundleError: the model cannot be sent, or returns embeddings that are not unit vectors.
            PhotosMissingError: object storage does not answer any more.
        """
        shared = self._shared(known)

        def batches() -> Iterator[_Batch[Item]]:
            source = iter(items)
            while batch := list(islice(source, batch_size)):
                sent = (_sent(path_of(item), *foreseen(item), size_of(item) if size_of else None) for item in batch)
                yield _Batch(batch, tuple(sent))

        def job(batch: _Batch[Item], is_full: bool) -> PhotosJob:
            photos = tuple(map(_with_content, batch.photos)) if is_full else batch.photos
            return PhotosJob(photos, shared, check_rows)

        def here(batch: _Batch[Item]) -> list[EmbeddedPhoto[int]]:
            numbers, files = range(len(batch.items)), [path_of(item) for item in batch.items]
            done = embed_batches(
                numbers, encoder, path_of=files.__getitem__, batch_size=len(files), check_rows=check_rows
            )
            return list(chain.from_iterable(done))

        def finished(item: Item, photo: EmbeddedPhoto[int]) -> EmbeddedPhoto[Item]:
            if photo.content_hash is None and photo.reason is None:  # a video that no worker can see
                ((own,),) = embed_batches([item], encoder, path_of=path_of, wanted=wanted, check_rows=check_rows)
                return own
            return _as_wanted(item, photo, wanted)

        for batch, embedded in self._workers(encoder).map(batches(), sent=job, here=here):
            yield [finished(item, photo) for item, photo in zip(batch.items, embedded, strict=True)]

    def embed_texts(
        self, texts: Sequence[str], encoder: DualEncoder, *, on_progress: Callable[[int, int], None] | None = None
    ) -> Embeddings:
        """[M, D], one unit row per text, in order.

        Args:
            texts: captions or prompts, at least one.
            encoder: the model.
            on_progress: called at first and after each part with the number of texts embedded and the total.

        Raises:
            ClusterError: all workers are lost, or none can start.
        """
        report = on_progress or (lambda *_: None)
        report(0, len(texts))
        jobs = (TextsJob(tuple(texts[start : start + TEXTS])) for start in range(0, len(texts), TEXTS))
        blocks: list[Embeddings] = []
        done = 0
        for _, rows in self._workers(encoder).map(jobs, here=lambda job: encoder.encode_text(job.texts)):
            blocks.append(rows)
            done += len(rows)
            report(done, len(texts))
        return np.concatenate(blocks)

    def embed_photos(
        self, paths: Sequence[Path], encoder: DualEncoder, *, on_progress: Callable[[int], None] | None = None
    ) -> EmbeddedPhotos:
        """As ``embed_photos`` of ``local``."""
        return embed_photos(paths, encoder, on_progress=on_progress, embed=self.embed_batches)

    def hash_photos(
        self, paths: Sequence[Path], encoder: DualEncoder, *, on_progress: Callable[[int, int], None] | None = None
    ) -> list[PhotoHash | None]:
        """As ``hash_photos`` of ``photo_hashes``, by the workers of a model."""

        def jobs() -> Iterator[HashesJob]:
            for start in range(0, len(paths), BATCH_SIZE):
                part = paths[start : start + BATCH_SIZE]
                yield HashesJob(tuple(_sent(path, "details", "details", None) for path in part))

        def job(job: HashesJob, is_full: bool) -> HashesJob:
            return HashesJob(tuple(map(_with_content, job.photos))) if is_full else job

        def here(job: HashesJob) -> list[PhotoHash | None]:
            return [hash_file(photo.path) for photo in job.photos]

        hashes: list[PhotoHash | None] = []
        for _, found in self._workers(encoder).map(jobs(), sent=job, here=here):
            hashes += found
            if on_progress:
                on_progress(len(hashes), len(paths))
        return hashes

    @property
    def started(self) -> int:
        """How many workers have opened their model."""
        return sum(actor.is_ready for actor in self._pool.actors) if self._pool else 0

    def close(self) -> None:
        """Ends the workers, and leaves the cluster."""
        self._end_workers()
        self._cluster.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _end_workers(self) -> None:
        if self._pool:
            self._pool.close()
            self._pool = None

    def _workers(self, encoder: DualEncoder) -> Pool:
        if self._pool is None or self._model != encoder.fingerprint:
            self._end_workers()  # two models at once would wait for each other's CPUs
            try:
                self._pool = self._cluster.pool(EmbeddingWorker, encoder.opener(), encoder.fingerprint)
            except (TypeError, PicklingError) as error:
                raise BundleError(f"model {encoder.name!r} cannot be sent to other machines: {error}") from error
            self._model = encoder.fingerprint
        return self._pool

    def _shared(self, known: Collection[bytes | None]) -> Shared[Contents] | None:
        hashes = sorted(content for content in known if content)
        return self._cluster.share(np.array(hashes, dtype=f"S{len(hashes[0])}")) if hashes else None


class _Batch(NamedTuple, Generic[Item]):
    items: list[Item]
    photos: tuple[SentPhoto, ...]


def _as_wanted(item: Item, photo: EmbeddedPhoto[int], wanted: Callable[[Item, bytes], Wanted]) -> EmbeddedPhoto[Item]:
    """A photo without what was not wanted: workers do more where they cannot know."""
    what = "vector" if photo.content_hash is None else wanted(item, photo.content_hash)
    if what == "hash":
        return EmbeddedPhoto(item, photo.content_hash, None, None, None)
    vector = photo.vector if what == "vector" else None
    return EmbeddedPhoto(item, photo.content_hash, photo.details, vector, photo.reason)


def _sent(path: Path, if_new: Wanted, if_known: Wanted, size_bytes: int | None) -> SentPhoto:
    if isinstance(path, ObjectPath):
        return SentPhoto(path, if_new, if_known, size_bytes=size_bytes)
    try:
        return SentPhoto(path, if_new, if_known, stamp=photo_stamp(path))
    except PhotoError as error:
        return SentPhoto(path, if_new, if_known, reason=str(error))


def _with_content(photo: SentPhoto) -> SentPhoto:
    """The photo for a worker that cannot see it."""
    if photo.reason is not None or (not isinstance(photo.path, ObjectPath) and is_video(photo.path)):
        return photo._replace(is_left=photo.reason is None)
    try:
        return photo._replace(content=read_photo_bytes(photo.path))
    except PhotoError as error:
        return photo._replace(reason=str(error))
