"""Progress, interrupts, and failures during an index run."""

import json
from pathlib import Path

import numpy as np
import pytest

from collection.indexing.index.conftest import CountingEncoder, Indexing, counts
from conftest import ColourEncoder, PhotoMaker
from twinlens.collection.catalog.catalog import Catalog
from twinlens.collection.indexing.index import index_folders
from twinlens.collection.indexing.telling.progress import IndexPlan, SilentListener
from twinlens.collection.indexing.telling.report import IndexReport
from twinlens.collection.place.photo_folders import PhotoFolder
from twinlens.embedding.local import BATCH_SIZE
from twinlens.errors import BundleError, DiskFullError
from twinlens.protocols import EncodedImages
from twinlens.types import Pixels


class Recorder(SilentListener):
    def __init__(self) -> None:
        self.plans: list[IndexPlan] = []
        self.done: list[tuple[int, int]] = []

    def planned(self, plan: IndexPlan) -> None:
        self.plans.append(plan)

    def advanced(self, done: int, report: IndexReport) -> None:
        self.done.append((done, report.added))


def draw_many(make_photo: PhotoMaker, count: int) -> None:
    for number in range(count):
        make_photo(f"{number:03}.png", "red", seed=number)


def test_the_listener_is_told_the_plan_and_every_batch(indexing: Indexing, make_photo: PhotoMaker) -> None:
    draw_many(make_photo, BATCH_SIZE + 4)
    first, second = Recorder(), Recorder()
    indexing.run(listener=first)
    (plan,) = first.plans
    assert (plan.found, plan.to_read) == (BATCH_SIZE + 4, BATCH_SIZE + 4)
    assert plan.disk_bytes > 0
    assert first.done == [(BATCH_SIZE, BATCH_SIZE), (BATCH_SIZE + 4, BATCH_SIZE + 4)]
    indexing.run(listener=second)
    assert (second.plans, second.done) == ([IndexPlan(BATCH_SIZE + 4, 0, 0)], [])


def test_an_interrupt_keeps_what_was_committed_and_the_next_run_goes_on(
    indexing: Indexing, make_photo: PhotoMaker
) -> None:
    draw_many(make_photo, 2 * BATCH_SIZE + 4)

    class Interrupting(SilentListener):
        def advanced(self, done: int, report: IndexReport) -> None:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        indexing.run(listener=Interrupting())
    assert indexing.catalog.count() == BATCH_SIZE
    assert counts(indexing.run()) == {"added": BATCH_SIZE + 4, "unchanged": BATCH_SIZE}
    indexing.check()


def test_a_model_that_fails_leaves_no_half_batch(indexing: Indexing, make_photo: PhotoMaker) -> None:
    draw_many(make_photo, 2 * BATCH_SIZE)

    class Failing(CountingEncoder):
        def encode_pixels(self, pixels: Pixels) -> EncodedImages:
            if self.embedded:
                raise RuntimeError("the model failed")
            return super().encode_pixels(pixels)

    indexing.encoder = Failing()
    with pytest.raises(RuntimeError, match="the model failed"):
        indexing.run()
    assert indexing.catalog.count() == BATCH_SIZE
    assert indexing.catalog.integrity_faults() == []


def test_a_full_disk_keeps_what_was_committed_and_the_next_run_goes_on(
    indexing: Indexing, make_photo: PhotoMaker
) -> None:
    draw_many(make_photo, 6 * BATCH_SIZE)
    indexing.encoder.dim = 512  # so that a batch takes several pages
    with indexing.catalog.transaction() as connection:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
    connection.execute(f"PRAGMA max_page_count = {pages + 20}")
    with pytest.raises(DiskFullError, match="no space left"):
        indexing.run()
    kept = indexing.catalog.count()
    assert 0 < kept < 6 * BATCH_SIZE
    assert kept % BATCH_SIZE == 0
    indexing.check()
    connection.execute("PRAGMA max_page_count = 1000000")
    assert indexing.run().added == 6 * BATCH_SIZE - kept
    indexing.check()


def test_the_report_is_json(three: Indexing, photos: Path) -> None:
    (photos / "bad.jpg").touch()
    fields = json.loads(json.dumps(three.run().to_json()))
    assert fields.pop("seconds") >= 0
    assert fields == {
        "added": 0,
        "updated": 0,
        "renamed": 0,
        "removed": 0,
        "unchanged": 3,
        "skipped": [{"path": "bad.jpg", "reason": "empty file"}],
        "images": 3,
    }


def test_a_model_that_gives_no_unit_vectors_is_refused_and_nothing_is_stored(
    catalog: Catalog, photos: Path, make_photo: PhotoMaker, encoder: ColourEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_photo("a.png")
    real = encoder.encode_pixels
    monkeypatch.setattr(
        encoder, "encode_pixels", lambda pixels: real(pixels)._replace(embeddings=real(pixels).embeddings * np.nan)
    )
    folder = catalog.add_folder("photos", str(photos))
    with pytest.raises(BundleError, match="not unit vectors"):
        index_folders(catalog, encoder, [PhotoFolder(folder.id, photos, "")])
    assert catalog.count() == 0
