"""What tests of an index run share."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from conftest import ColourEncoder, PhotoMaker
from twinlens.collection.catalog.catalog import Catalog
from twinlens.collection.catalog.files.known_files import KnownFile
from twinlens.collection.indexing.index import index_folders
from twinlens.collection.indexing.scanning.missing import ForgetMissing
from twinlens.collection.indexing.telling.progress import SilentListener
from twinlens.collection.indexing.telling.report import IndexReport
from twinlens.collection.indexing.updating import storing, task
from twinlens.collection.indexing.updating.options import IndexOptions
from twinlens.collection.place.photo_folders import PhotoFolder
from twinlens.protocols import EncodedImages
from twinlens.types import Pixels


class CountingEncoder(ColourEncoder):
    """Counts the photos that it embeds."""

    def __init__(self) -> None:
        super().__init__()
        self.embedded = 0

    def encode_pixels(self, pixels: Pixels) -> EncodedImages:
        self.embedded += len(pixels)
        return super().encode_pixels(pixels)


class Indexing:
    """A catalog, a photo folder, and runs of indexing over them."""

    def __init__(self, catalog: Catalog, photos: Path) -> None:
        self.catalog, self.photos, self.encoder = catalog, photos, CountingEncoder()
        catalog.add_folder("photos", str(photos))
        self.folders = [PhotoFolder(1, photos, "")]

    def run(
        self,
        *,
        forget_missing: ForgetMissing = False,
        drop_kept: bool = False,
        verify: bool = False,
        follow_links: bool = False,
        listener: SilentListener | None = None,
    ) -> IndexReport:
        self.encoder.embedded = 0
        options = IndexOptions(forget_missing, drop_kept, verify, follow_links)
        return index_folders(self.catalog, self.encoder, self.folders, options=options, listener=listener)

    def known(self, path: str, *, folder_id: int = 1) -> KnownFile:
        found = self.catalog.files.at(folder_id, path)
        assert found is not None, f"{path} is not in the catalog"
        return found

    def paths(self) -> list[str]:
        """The searchable photos."""
        known = self.catalog.files.all()
        return sorted(path for (_, path), file in known.items() if file.skip_reason is None)

    def vectors(self) -> dict[str, bytes]:
        """The embedding of record of every searchable photo."""
        return {path: self.embedding(path).tobytes() for path in self.paths()}

    def embedding(self, path: str) -> np.ndarray:
        embedding = self.catalog.embedding(self.known(path).id)
        assert embedding is not None
        return embedding

    def check(self) -> None:
        """Every vector is that of what its file shows now, and the catalog is sound."""
        assert self.catalog.integrity_faults() == []
        for path in self.paths():
            shown = self.encoder.encode_image([Image.open(self.photos / path).convert("RGB")])[0]
            np.testing.assert_allclose(self.embedding(path), shown, atol=1e-6, err_msg=path)


@pytest.fixture
def indexing(catalog: Catalog, photos: Path) -> Indexing:
    return Indexing(catalog, photos)


def counts(report: IndexReport) -> dict[str, int]:
    """What was done, without what was not."""
    named = ("added", "updated", "renamed", "removed", "unchanged")
    return {name: getattr(report, name) for name in named if getattr(report, name)}


def reasons(report: IndexReport) -> dict[str, str]:
    return {item.path: item.reason for item in report.skipped}


@pytest.fixture
def three(make_photo: PhotoMaker, indexing: Indexing) -> Indexing:
    """red.png, green.png and sub/blue.png, indexed."""
    make_photo("red.png", "red")
    make_photo("green.png", "green")
    make_photo("sub/blue.png", "blue")
    indexing.run()
    return indexing


def as_a_later_release(monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on files are read by a release that reads them in another way."""
    for module in (task, storing):
        monkeypatch.setattr(module, "READER_VERSION", module.READER_VERSION + 1)
