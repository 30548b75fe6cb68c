"""Embed a collection again with another model; its vectors replace the old ones once complete."""

import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from itertools import islice
from pathlib import Path

from twinlens.collection.catalog.catalog import Catalog
from twinlens.collection.catalog.embeddings.next_vectors import WaitingPhoto
from twinlens.collection.catalog.rows import vector_bytes
from twinlens.collection.indexing.captions import BATCH_SIZE as CAPTION_BATCH
from twinlens.collection.indexing.models.model_of_record import NamedModel
from twinlens.collection.indexing.telling.progress import IndexListener, ModelChangePlan, ModelChangeProgress
from twinlens.collection.indexing.telling.report import ModelChangeReport
from twinlens.collection.indexing.updating.task import READER_VERSION
from twinlens.collection.place.photo_folders import PhotoFolder
from twinlens.collection.place.presence import is_out_of_reach
from twinlens.embedding.local import BATCH_SIZE, EmbeddedPhoto, Skipped, check_unit_rows, embed_batches

BATCHES_TO_TELL_A_PACE = 4  # of photos; the first is slow because it loads the tower


def change_model(
    catalog: Catalog, model: NamedModel, folders: Sequence[PhotoFolder], *, listener: IndexListener
) -> ModelChangeReport:
    """Embeds what is left, batch by batch; once complete, the new model replaces the old one in one transaction.

    Until then, searches use only the old vectors. A photo that can no longer be decoded is
    skipped, as in indexing; a photo whose file cannot be reached keeps the change incomplete.

    Args:
        catalog: up to date with the folders; the caller holds the indexing lock.
        model: the new model.
        folders: all folders of the collection.
        listener: called with the plan and the progress.
    """
    started = time.perf_counter()
    run = _Run(catalog, model, folders, listener)
    run.embed()
    if not run.report.waiting:
        with catalog.writing() as writer:
            writer.take_next_vectors(model.record())
        catalog.next.clear()
        run.report.is_complete = True
    run.report.seconds = round(time.perf_counter() - started, 3)
    return run.report


class _Run:
    """State of one run: what is left to embed, and the speed."""

    def __init__(
        self, catalog: Catalog, model: NamedModel, folders: Sequence[PhotoFolder], listener: IndexListener
    ) -> None:
        record = catalog.model()
        catalog.next.begin(model.record())
        known = 0
        if record is not None and record.fingerprint in model.encoder.same_features:
            known = catalog.next.embed_features(model.encoder.embed_features)
        self.catalog, self.encoder, self.listener = catalog, model.encoder, listener
        self.folders = {folder.id: folder for folder in folders}
        self.photos, self.captions = catalog.next.photos_left(), catalog.next.captions_left()
        self.report = ModelChangeReport(model.name, model.encoder.fingerprint, from_features=known)
        self.pace = _Pace(len(self.photos), len(self.captions))
        a_photo = vector_bytes(self.encoder.dim, features_dim=self.encoder.features_dim)
        disk_bytes = len(self.photos) * a_photo + len(self.captions) * vector_bytes(self.encoder.dim)
        self.plan = ModelChangePlan(
            model.name,
            record is not None and record.model == model.name,
            catalog.count(),
            len(self.photos),
            len(self.captions),
            disk_bytes,
        )

    def embed(self) -> None:
        """Embeds photos and captions; some captions first, so that the ETA includes their speed."""
        self.listener.change_planned(self.plan)
        captions = iter(self.captions)
        self._embed_captions(islice(captions, CAPTION_BATCH))
        firsts = {photo.file.content_hash: photo for photo in reversed(self.photos)}
        tried = sorted(firsts.values(), key=lambda photo: (photo.file.folder_id, photo.file.path))
        self._embed_photos(tried)
        ids = {photo.id for photo in tried}
        # copies of a file that could not be read or has changed
        self._embed_photos([photo for photo in self.catalog.next.photos_left() if photo.id not in ids])
        self._embed_captions(captions)

    def _embed_photos(self, photos: Sequence[WaitingPhoto]) -> None:
        with closing(embed_batches(photos, self.encoder, path_of=self._path, batch_size=BATCH_SIZE)) as batches:
            for batch in batches:
                self._store(batch)

    def _store(self, batch: Sequence[EmbeddedPhoto[WaitingPhoto]]) -> None:
        embedded = 0
        with self.catalog.transaction():
            for photo in batch:
                if photo.content_hash is not None and photo.vector is not None:
                    embedded += self.catalog.next.put_photo(photo.item, photo.content_hash, photo.vector)
        set_aside = [photo for photo in batch if photo.vector is None]
        for photo in set_aside:
            self._set_aside(photo)
        self.report.photos += embedded
        self.pace.photos_done(embedded + len(set_aside))
        self.listener.change_advanced(self.pace.progress())

    def _embed_captions(self, captions: Iterator[tuple[int, str]]) -> None:
        while batch := list(islice(captions, CAPTION_BATCH)):
            started = time.perf_counter()
            embeddings = self.encoder.encode_text([text for _, text in batch])
            check_unit_rows(embeddings, count=len(batch), dim=self.encoder.dim)
            self.catalog.next.put_captions([number for number, _ in batch], embeddings)
            self.report.captions += len(batch)
            self.pace.captions_done(len(batch), time.perf_counter() - started)
            self.listener.change_advanced(self.pace.progress())

    def _set_aside(self, embedded: EmbeddedPhoto[WaitingPhoto]) -> None:
        file, reason = embedded.item.file, embedded.reason or ""
        if embedded.content_hash is None and is_out_of_reach(self._path(embedded.item)):
            self.report.waiting.append(Skipped(self.folders[file.folder_id].prefix + file.path, reason))
            return
        state = file._replace(content_hash=embedded.content_hash)
        with self.catalog.writing() as writer:
            writer.put_skipped(state, reason, reader_version=READER_VERSION)

    def _path(self, photo: WaitingPhoto) -> Path:
        return self.folders[photo.file.folder_id].file(photo.file.path)


class _Pace:
    """Speed of embedding photos and captions in this run, and what is left."""

    def __init__(self, photos: int, captions: int) -> None:
        self._photos, self._captions = photos, captions
        self._done_photos = self._done_captions = self._batches = 0
        self._caption_seconds = 0.0
        self._started = time.perf_counter()
        self._first_end, self._first_photos = self._started, 0

    def photos_done(self, count: int) -> None:
        """Records a finished batch of photos."""
        self._done_photos += count
        self._batches += 1
        if self._batches == 1:
            self._first_end, self._first_photos = time.perf_counter(), count

    def captions_done(self, count: int, seconds: float) -> None:
        """Records an embedded batch of captions."""
        self._done_captions += count
        self._caption_seconds += seconds

    def progress(self) -> ModelChangeProgress:
        """The progress so far and the time left."""
        return ModelChangeProgress(self._done_photos, self._done_captions, self._seconds_left())

    def _seconds_left(self) -> float | None:
        photos_left, captions_left = self._photos - self._done_photos, self._captions - self._done_captions
        if photos_left and self._batches < BATCHES_TO_TELL_A_PACE:
            return None
        later = self._done_photos - self._first_photos
        a_photo = (time.perf_counter() - self._first_end) / later if later else 0.0
        a_caption = self._caption_seconds / self._done_captions if self._done_captions else 0.0
        return photos_left * a_photo + captions_left * a_caption
