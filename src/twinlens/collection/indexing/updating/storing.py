"""Store what an index run has read of a file: new, changed, moved, copied or skipped."""

import logging
from collections.abc import Mapping

from twinlens.collection.catalog.catalog import Catalog
from twinlens.collection.catalog.columns.contents import KnownContents
from twinlens.collection.catalog.rows import FileState
from twinlens.collection.catalog.writing import CatalogWriter
from twinlens.collection.indexing.brought import BroughtVectors
from twinlens.collection.indexing.telling.report import IndexReport
from twinlens.collection.indexing.updating.gone import Gone
from twinlens.collection.indexing.updating.task import READER_VERSION, Task, path_of
from twinlens.collection.place.photo_folders import photos_missing
from twinlens.data.exif import PhotoDetails
from twinlens.embedding.local import EmbeddedPhoto, PhotoVector, Skipped, embed_batches
from twinlens.errors import PhotosMissingError
from twinlens.protocols import DualEncoder

logger = logging.getLogger(__name__)


class Storing:
    """Writes what was read of photos into the catalog, and counts it.

    Args:
        catalog: of the collection.
        encoder: the collection's model; None if it is not available.
        gone: files that were not found; those that were moved are taken out.
        contents: what searchable photos have.
        brought: vectors of photos from another program.
        report: of the run.

    Attributes:
        brought_rows: rows of ``brought``, by the names of photos.
        replaced: contents that this run, or an interrupted one, replaces.
    """

    def __init__(
        self,
        catalog: Catalog,
        encoder: DualEncoder | None,
        *,
        gone: Gone,
        contents: KnownContents,
        brought: BroughtVectors | None,
        report: IndexReport,
    ) -> None:
        self._catalog, self._encoder, self._gone, self._contents = catalog, encoder, gone, contents
        self._brought, self._report = brought, report
        self.brought_rows: Mapping[str, int] = {}
        self.replaced: set[bytes] = set()

    def store(self, writer: CatalogWriter, photo: EmbeddedPhoto[Task]) -> None:
        """Stores one photo.

        Raises:
            PhotosMissingError: it is to be verified, and its folder is gone.
        """
        task, state = photo.item, photo.item.state(photo.content_hash)
        if task.is_check and not self._note_check(photo):
            return
        if photo.reason is not None:
            writer.put_skipped(state, photo.reason, reader_version=READER_VERSION)
            self._report.skipped.append(Skipped(task.name, photo.reason))
            logger.info("skipped %s: %s", path_of(task), photo.reason)
        elif photo.details is not None and (vector := photo.vector or self._brought_vector(photo)):
            self._put(writer, task, state, photo.details, vector)
        else:
            self._store_known_content(writer, task, state, photo.details)

    def _brought_vector(self, photo: EmbeddedPhoto[Task]) -> PhotoVector | None:
        row = self.brought_rows.get(photo.item.name)
        if row is None or self._brought is None or photo.content_hash in self._contents:
            return None
        self._report.brought += 1
        return PhotoVector(self._brought.rows[row], None)

    def _note_check(self, photo: EmbeddedPhoto[Task]) -> bool:
        """Counts a photo that was read again; False if it could not be, and nothing can be said of it."""
        task, verification = photo.item, self._report.verification
        assert verification is not None
        assert task.known is not None
        if photo.content_hash is None:
            if not task.folder.path.is_dir():
                raise PhotosMissingError(f"{photos_missing(task.folder.path)} What was read is kept")
            verification.unread.append(Skipped(task.name, photo.reason or ""))
            self._report.unchanged += 1
            return False
        verification.verified += 1
        verification.changed += photo.content_hash != task.known.content_hash
        verification.refreshed += photo.content_hash == task.known.content_hash and photo.vector is not None
        return True

    def _store_known_content(
        self, writer: CatalogWriter, task: Task, state: FileState, details: PhotoDetails | None
    ) -> None:
        """Handles a file with known content: read again, touched, moved or copied."""
        known_hash = state.content_hash or b""
        if details is not None and task.known and self._report.verification:
            is_new = writer.refresh(task.known.id, state, details, reader_version=READER_VERSION)
            self._report.verification.refreshed += is_new
            self._report.updated += is_new
            self._report.unchanged += not is_new
        elif task.known and task.known.content_hash == known_hash and task.known.skip_reason is None:
            writer.touch(task.known.id, state)
            self._report.unchanged += 1
        elif task.known is None and (moved := self._gone.take(known_hash)):
            writer.rename(moved.id, state)
            self._report.renamed += 1
        else:
            self._store_copy(writer, task, state)

    def _store_copy(self, writer: CatalogWriter, task: Task, state: FileState) -> None:
        found = self._catalog.vector_of_content(state.content_hash or b"")
        if found is not None:
            self._put(writer, task, state, found.details, found.vector, has_texts=found.has_texts)
        elif self._encoder is None:
            self._report.deferred += 1
        else:  # the photo with this content was changed in this same run, or it is new
            ((photo,),) = embed_batches([task], self._encoder, path_of=path_of)
            self.store(writer, photo)

    def _put(
        self,
        writer: CatalogWriter,
        task: Task,
        state: FileState,
        details: PhotoDetails,
        vector: PhotoVector,
        *,
        has_texts: bool = True,
    ) -> None:
        known, content = task.known, state.content_hash
        is_other = known is not None and known.skip_reason is None and known.content_hash != content
        if known and is_other and (content in self.replaced or content in self._contents):
            writer.set_aside(known.id)  # another photo has taken its path; an edited one keeps what was given to it
        writer.put_photo(state, details, vector, reader_version=READER_VERSION, has_texts=has_texts)
        if known is not None and known.skip_reason is None:
            self._report.updated += 1
        else:
            self._report.added += 1
