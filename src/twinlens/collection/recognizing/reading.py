"""Read the text in pictures: of each content once, in batches that are kept when the run is interrupted."""

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from typing import TypeAlias

import numpy as np
from PIL import Image

from twinlens.collection.catalog.catalog import Catalog
from twinlens.collection.catalog.condition import Condition
from twinlens.collection.catalog.texts.read_texts import UnreadPhoto
from twinlens.collection.place.photo_folders import PhotoFolder
from twinlens.collection.recognizing.pictures import SHORT_SIDE, parts_to_read
from twinlens.collection.recognizing.report import TextReport
from twinlens.data.content_hash import content_hash
from twinlens.data.guarded.guard import Guard
from twinlens.data.guarded.photos import read_guarded
from twinlens.data.images import DRAFT_OVERSAMPLING, read_photo_bytes
from twinlens.embedding.local import Skipped, map_ahead
from twinlens.errors import PhotoError, TextRecognizerError
from twinlens.ocr.legible import legible_text
from twinlens.ocr.likely import are_likely, can_tell
from twinlens.protocols import TextRecognizer

logger = logging.getLogger(__name__)
BATCH_SIZE = 8  # photos a transaction: a few seconds of work
MARKED_AT_ONCE = 5000  # photos that are left out, a transaction
LOOKAHEAD = 4  # decoded photos that wait, of about 6 MB; reading takes longer than decoding
MOST_FAILURES = 10  # of the recognizer, one after the other: then the next one would fail, too
OnProgress: TypeAlias = Callable[[int, int], None]
"""Called with the number of photos done and their total."""


def read_texts(
    catalog: Catalog,
    folders: Sequence[PhotoFolder],
    open_recognizer: Callable[[], TextRecognizer],
    *,
    condition: Condition,
    all_photos: bool,
    on_progress: OnProgress | None = None,
) -> TextReport:
    """Reads the photos that have not been looked at yet.

    Args:
        catalog: of the collection.
        folders: all folders of the collection.
        open_recognizer: called if there is something to read.
        condition: only these photos.
        all_photos: whether to read those, too, that are unlikely to hold text.
        on_progress: called after each photo.

    Raises:
        TextRecognizerError: it cannot be opened, or fails on photo after photo.
    """
    started, report = time.monotonic(), TextReport()
    unread = catalog.read_texts.unread(condition, also_unlikely=all_photos)
    if unread:
        recognizer = open_recognizer()
        wanted = unread if all_photos else _without_unlikely(catalog, unread, report)
        _Run(catalog, folders, recognizer, report).read(wanted, on_progress or (lambda *_: None))
    report.waiting = catalog.read_texts.counts().waiting
    report.seconds = round(time.monotonic() - started, 3)
    return report


def _without_unlikely(catalog: Catalog, unread: list[UnreadPhoto], report: TextReport) -> list[UnreadPhoto]:
    """Those that are likely to hold text, or of which it cannot be told; notes the others."""
    model = catalog.model()
    if model is None or not can_tell(model.model, catalog.features.dim(model)):
        return unread
    unlikely: set[int] = set()
    for ids, likeness in catalog.features.embeddings(np.array([photo.id for photo in unread], dtype=np.int64)):
        unlikely.update(ids[~are_likely(likeness)].tolist())
    left_out = [photo.content_hash for photo in unread if photo.id in unlikely]
    for start in range(0, len(left_out), MARKED_AT_ONCE):
        with catalog.writing() as writer:
            writer.put_read_texts((one, None) for one in left_out[start : start + MARKED_AT_ONCE])
    report.unlikely = len(left_out)
    return [photo for photo in unread if photo.id not in unlikely]


class _Run:
    """One run over photos."""

    def __init__(
        self, catalog: Catalog, folders: Sequence[PhotoFolder], recognizer: TextRecognizer, report: TextReport
    ) -> None:
        self._catalog, self._folders = catalog, {folder.id: folder for folder in folders}
        self._recognizer, self._report = recognizer, report
        self._done: list[tuple[bytes, str]] = []  # read, and not stored yet
        self._failures = 0

    def read(self, photos: Sequence[UnreadPhoto], on_progress: OnProgress) -> None:
        try:
            for number, (photo, parts) in enumerate(self._decoded(photos), start=1):
                self._read(photo, parts)
                if len(self._done) >= BATCH_SIZE:
                    self._store()
                on_progress(number, len(photos))
        finally:
            self._store()

    def _decoded(self, photos: Sequence[UnreadPhoto]) -> Iterator[tuple[UnreadPhoto, list[Image.Image] | str]]:
        """The parts of each photo, or why it cannot be read."""
        guard = Guard()

        def decode(photo: UnreadPhoto) -> list[Image.Image] | str:
            """Runs in the decoding thread."""
            try:
                data = read_photo_bytes(self._folders[photo.folder_id].file(photo.path))
                if content_hash(data) != photo.content_hash:
                    return "changed since it was indexed; twinlens index brings the collection up to date"
                side = round(SHORT_SIDE / DRAFT_OVERSAMPLING)
                return read_guarded(data, parts_to_read, min_side=side, guard=guard)[0]
            except PhotoError as error:
                return str(error)

        return map_ahead(decode, photos, workers=1, lookahead=LOOKAHEAD, on_stop=guard.close)

    def _read(self, photo: UnreadPhoto, parts: list[Image.Image] | str) -> None:
        if isinstance(parts, str):
            self._fail(photo, parts)
            return
        try:
            text = legible_text(piece for part in parts for piece in self._recognizer.read(part))
        except TextRecognizerError as error:
            self._fail(photo, str(error))
            self._failures += 1
            if self._failures == MOST_FAILURES:
                raise TextRecognizerError(f"{MOST_FAILURES} photos in a row could not be read: {error}") from error
            return
        self._failures = 0
        self._done.append((photo.content_hash, text))
        self._report.read += 1
        self._report.with_text += bool(text)

    def _fail(self, photo: UnreadPhoto, reason: str) -> None:
        path = self._folders[photo.folder_id].prefix + photo.path
        self._report.failed.append(Skipped(path, reason))
        logger.info("%s: %s", path, reason)

    def _store(self) -> None:
        if self._done:
            with self._catalog.writing() as writer:
                writer.put_read_texts(self._done)
            self._done = []
