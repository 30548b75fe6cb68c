"""Photos that seem unchanged are read again."""

import contextlib
import os
import shutil
from pathlib import Path

import pytest

from collection.indexing.index.conftest import Indexing, as_a_later_release, counts, reasons
from conftest import PhotoMaker
from twinlens.collection.catalog.rows import FileState
from twinlens.collection.indexing import verification
from twinlens.collection.indexing.telling.progress import IndexPlan, SilentListener
from twinlens.collection.indexing.telling.report import IndexReport
from twinlens.collection.indexing.updating.task import READER_VERSION
from twinlens.collection.indexing.verification import VerifyReport
from twinlens.data.exif import PhotoDetails
from twinlens.data.images import read_photo_bytes
from twinlens.embedding.local import BATCH_SIZE, Skipped
from twinlens.errors import CollectionError, PhotoError


def change_silently(path: Path, make_photo: PhotoMaker, colour: str) -> None:
    """Gives a photo another content with the same size and date."""
    before = path.stat()
    data = make_photo("other.bmp", colour).read_bytes()
    assert len(data) == before.st_size
    path.write_bytes(data)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    (path.parent / "other.bmp").unlink()


@pytest.fixture
def bitmaps(make_photo: PhotoMaker, indexing: Indexing) -> Indexing:
    """Four photos of the same size in bytes, indexed."""
    for name, colour in (("a.bmp", "red"), ("b.bmp", "green"), ("c.bmp", "blue"), ("d.bmp", "yellow")):
        make_photo(name, colour)
    indexing.run()
    return indexing


def test_new_content_of_the_same_size_and_date_is_found_when_photos_are_verified(
    bitmaps: Indexing, make_photo: PhotoMaker, photos: Path
) -> None:
    change_silently(photos / "b.bmp", make_photo, "black")
    assert counts(bitmaps.run()) == {"unchanged": 4}
    report = bitmaps.run(verify=True)
    assert counts(report) == {"updated": 1, "unchanged": 3}
    assert bitmaps.encoder.embedded == 1
    assert report.verification == VerifyReport(verified=4, changed=1)
    bitmaps.check()
    told = report.to_json()
    assert (told["verified"], told["changed"], told["refreshed"], told["unread"]) == (4, 1, 0, [])
    assert "verified" not in bitmaps.run().to_json()


def test_silent_new_content_that_another_photo_has_is_found_too(bitmaps: Indexing, photos: Path) -> None:
    before = (photos / "a.bmp").stat()
    shutil.copyfile(photos / "c.bmp", photos / "a.bmp")
    os.utime(photos / "a.bmp", ns=(before.st_atime_ns, before.st_mtime_ns))
    report = bitmaps.run(verify=True)
    assert (counts(report), report.verification) == ({"updated": 1, "unchanged": 3}, VerifyReport(4, 1))
    assert bitmaps.encoder.embedded == 0
    bitmaps.check()


def test_metadata_that_an_earlier_release_could_not_read_are_read_again(bitmaps: Indexing) -> None:
    with bitmaps.catalog.writing() as writer:
        known = bitmaps.known("a.bmp")
        state = FileState(1, "a.bmp", known.size_bytes, known.mtime_ns, known.content_hash)
        assert writer.refresh(known.id, state, PhotoDetails(1, 1, camera="none"), reader_version=READER_VERSION)
    before, generation = bitmaps.vectors(), bitmaps.catalog.changes_since(0)
    report = bitmaps.run(verify=True)
    assert report.verification == VerifyReport(verified=4, refreshed=1)
    assert counts(report) == {"updated": 1, "unchanged": 3}
    assert bitmaps.encoder.embedded == 0
    record = bitmaps.catalog.photos([known.id])[known.id]
    assert (record.width, record.height) == (48, 36)
    assert bitmaps.vectors() == before
    assert [list(part) for part in bitmaps.catalog.changes_since(0)] == [list(part) for part in generation]


def test_photos_that_an_earlier_release_decoded_are_embedded_again(
    bitmaps: Indexing, monkeypatch: pytest.MonkeyPatch
) -> None:
    as_a_later_release(monkeypatch)
    assert counts(bitmaps.run()) == {"unchanged": 4}
    assert bitmaps.run(verify=True).verification == VerifyReport(verified=4, refreshed=4)
    assert bitmaps.encoder.embedded == 4
    assert bitmaps.run(verify=True).verification == VerifyReport(verified=4)


def test_a_photo_that_turns_out_to_be_damaged_is_skipped_when_it_is_verified(bitmaps: Indexing, photos: Path) -> None:
    before = (photos / "c.bmp").stat()
    (photos / "c.bmp").write_bytes(bytes(before.st_size))
    os.utime(photos / "c.bmp", ns=(before.st_atime_ns, before.st_mtime_ns))
    report = bitmaps.run(verify=True)
    assert (report.images, reasons(report)) == (3, {"c.bmp": "not an image, or a damaged one"})


def test_a_photo_that_cannot_be_read_now_stays_as_it_is(
    bitmaps: Indexing, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read(path: Path) -> bytes:
        if path.name == "b.bmp":
            raise PhotoError("could not be read: Input/output error")
        return read_photo_bytes(path)

    monkeypatch.setattr("twinlens.embedding.local.read_photo_bytes", read)
    before = bitmaps.vectors()
    report = bitmaps.run(verify=True)
    assert (report.images, report.skipped, bitmaps.vectors()) == (4, [], before)
    assert report.verification is not None
    assert report.verification.unread == [Skipped("b.bmp", "could not be read: Input/output error")]


def test_a_disk_that_is_taken_away_during_a_verification_ends_it(
    bitmaps: Indexing, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unmount(path: Path) -> bytes:
        with contextlib.suppress(FileNotFoundError):
            photos.rename(photos.parent / "elsewhere")
        raise PhotoError("file is gone")

    before = bitmaps.vectors()
    monkeypatch.setattr("twinlens.embedding.local.read_photo_bytes", unmount)
    with pytest.raises(CollectionError, match="is its disk mounted"):
        bitmaps.run(verify=True)
    assert bitmaps.vectors() == before


def test_an_interrupted_verification_is_continued_by_the_next(
    indexing: Indexing, make_photo: PhotoMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(BATCH_SIZE + 4):
        make_photo(f"{'a/' if number % 2 else 'a.b/'}{number}.bmp", seed=number)
    indexing.run()

    class Impatient(SilentListener):
        def advanced(self, done: int, report: IndexReport) -> None:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        indexing.run(verify=True, listener=Impatient())
    assert counts(indexing.run()) == {"unchanged": BATCH_SIZE + 4}  # an ordinary run does not forget it
    assert indexing.run(verify=True).verification == VerifyReport(verified=4, earlier=BATCH_SIZE)
    assert indexing.run(verify=True).verification == VerifyReport(verified=BATCH_SIZE + 4)
    with pytest.raises(KeyboardInterrupt):
        indexing.run(verify=True, listener=Impatient())
    now = verification.time.time()
    monkeypatch.setattr(verification.time, "time", lambda: now + 8 * 86_400)
    assert indexing.run(verify=True).verification == VerifyReport(verified=BATCH_SIZE + 4)


def test_a_verification_needs_no_room_for_new_vectors(bitmaps: Indexing) -> None:
    plans = []

    class Listener(SilentListener):
        def planned(self, plan: IndexPlan) -> None:
            plans.append(plan)

    bitmaps.run(verify=True, listener=Listener())
    assert plans == [IndexPlan(found=4, to_read=4, disk_bytes=0)]
