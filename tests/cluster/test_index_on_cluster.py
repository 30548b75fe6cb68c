"""Photos that a cluster embeds are indexed as if this process had embedded them."""

import shutil
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from cluster.conftest import TwoNodes
from conftest import COLOURS, ColourEncoder, draw_photo
from twinlens.cluster.connection import Cluster
from twinlens.collection.catalog.catalog import Catalog
from twinlens.collection.indexing.index import index_folders
from twinlens.collection.indexing.telling.progress import SilentListener
from twinlens.collection.indexing.telling.report import IndexReport
from twinlens.collection.indexing.updating.options import IndexOptions
from twinlens.collection.place.photo_folders import PhotoFolder
from twinlens.embedding.on_cluster import ClusterEmbedding
from twinlens.protocols import EncodedImages
from twinlens.types import Pixels

MOST_S = 300  # far more than a busy machine needs


class HeldEncoder(ColourEncoder):
    """On the doomed machine it never returns; on the other it waits until that has begun."""

    def __init__(self, doomed: str, begun: Path) -> None:
        super().__init__()
        self.doomed, self.begun = doomed, begun

    def encode_pixels(self, pixels: Pixels) -> EncodedImages:
        import ray

        if ray.get_runtime_context().get_node_id() == self.doomed:
            self.begun.touch()
            time.sleep(MOST_S)
        deadline = time.monotonic() + MOST_S
        while not self.begun.exists() and time.monotonic() < deadline:
            time.sleep(0.02)
        return super().encode_pixels(pixels)


class Library:
    """A catalog of a folder of photos, and runs of indexing over it."""

    def __init__(self, place: Path, photos: Path) -> None:
        self.catalog = Catalog(place, create=True)
        self.catalog.add_folder("photos", str(photos))
        self.folders = [PhotoFolder(1, photos, "")]

    def run(
        self,
        encoder: ColourEncoder,
        on: ClusterEmbedding | None = None,
        *,
        verify: bool = False,
        listener: SilentListener | None = None,
    ) -> IndexReport:
        options = IndexOptions(verify=verify, on=on)
        return index_folders(self.catalog, encoder, self.folders, options=options, listener=listener)

    def rows(self) -> dict[str, tuple[bytes | None, str | None, bytes]]:
        """Of each photo its content's hash, why it was skipped, and its vector."""
        found = {}
        for (_, path), file in self.catalog.files.all().items():
            vector = b"" if file.skip_reason else self.catalog.embedding(file.id).tobytes()
            found[path] = (file.content_hash, file.skip_reason, vector)
        return found


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    for number in range(70):
        draw_photo(folder / f"{number:02}.png", list(COLOURS)[number % len(COLOURS)], seed=number)
    shutil.copy(folder / "03.png", folder / "copy of 03.png")
    (folder / "broken.jpg").write_bytes(b"\xff\xd8\xff not a photo")
    return folder


def same(one: Library, other: Library) -> None:
    first, second = one.rows(), other.rows()
    assert {path: row[:2] for path, row in first.items()} == {path: row[:2] for path, row in second.items()}
    for path, (_, _, vector) in first.items():
        assert np.frombuffer(vector, np.float32) == pytest.approx(np.frombuffer(second[path][2], np.float32), abs=1e-6)


def test_a_machine_that_is_killed_in_the_middle_leaves_the_result_of_one_process(
    two_nodes: TwoNodes, photos: Path, tmp_path: Path, cluster: Cluster
) -> None:
    alone, shared = Library(tmp_path / "alone.sqlite", photos), Library(tmp_path / "shared.sqlite", photos)
    wanted = alone.run(ColourEncoder())
    begun = tmp_path / "begun"
    encoder = HeldEncoder(two_nodes.add_second(), begun)
    all_three = Cluster(two_nodes.address, workers=3)  # two on the first machine, one on the second

    def kill() -> None:
        deadline = time.monotonic() + MOST_S
        while not begun.exists() and time.monotonic() < deadline:
            time.sleep(0.02)
        two_nodes.kill_second()

    killer = threading.Thread(target=kill)
    killer.start()
    with ClusterEmbedding(all_three) as on:
        report = shared.run(encoder, on)
    killer.join()
    assert (report.added, report.images) == (wanted.added, wanted.images) == (71, 71)
    assert report.skipped == wanted.skipped
    same(shared, alone)


class Interrupted(SilentListener):
    """Ctrl+C after the first batch."""

    def advanced(self, done: int, report: IndexReport) -> None:
        raise KeyboardInterrupt


def test_an_interrupted_run_continues_and_later_ones_read_what_changed(
    photos: Path, tmp_path: Path, cluster: Cluster
) -> None:
    alone, shared = Library(tmp_path / "alone.sqlite", photos), Library(tmp_path / "shared.sqlite", photos)
    alone.run(ColourEncoder())
    with ClusterEmbedding(cluster) as on:
        with pytest.raises(KeyboardInterrupt):
            shared.run(ColourEncoder(), on, listener=Interrupted())
        assert len(shared.rows()) == 16
        assert (report := shared.run(ColourEncoder(), on)).added == 55
        assert report.unchanged == 16
        same(shared, alone)
        (photos / "05.png").rename(photos / "renamed.png")
        shutil.copy(photos / "06.png", photos / "copy of 06.png")
        draw_photo(photos / "07.png", "blue", seed=700)
        draw_photo(photos / "new.png", "red", seed=701)
        (first, report) = (library.run(ColourEncoder(), where) for library, where in ((alone, None), (shared, on)))
        counts = (report.added, report.updated, report.renamed, report.removed, report.unchanged)
        assert counts == (2, 1, 1, 0, 69)
        assert counts == (first.added, first.updated, first.renamed, first.removed, first.unchanged)
        same(shared, alone)
        report = shared.run(ColourEncoder(), on, verify=True)
        assert report.verification is not None
        assert (report.verification.verified, report.verification.changed, report.updated) == (73, 0, 0)
        same(shared, alone)
