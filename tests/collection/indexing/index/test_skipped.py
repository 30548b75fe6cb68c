"""What cannot be used is skipped, told, and tried again when there is reason to."""

import os
from pathlib import Path

import pytest

from collection.indexing.index.conftest import Indexing, as_a_later_release, counts, reasons
from conftest import PhotoMaker
from twinlens.collection.indexing.telling.progress import IndexPlan, SilentListener
from twinlens.collection.indexing.telling.report import reasons_summary
from twinlens.data.images import read_photo_bytes
from twinlens.embedding.local import Skipped
from twinlens.errors import PhotoError


def test_skipped_files_are_told_with_reasons(indexing: Indexing, make_photo: PhotoMaker, photos: Path) -> None:
    make_photo("red.png", "red")
    (photos / "empty.jpg").touch()
    (photos / "text.jpg").write_text("no photo")
    (photos / "cut.png").write_bytes((photos / "red.png").read_bytes()[:200])
    (photos / "work.XCF").write_bytes(b"clip")
    (photos / "notes.txt").write_text("notes")
    (photos / ".hidden.jpg").write_text("hidden")
    (photos / "._red.png").write_text("AppleDouble")
    report = indexing.run()
    assert (counts(report), report.images) == ({"added": 1}, 1)
    told = reasons(report)
    assert set(told) == {"empty.jpg", "text.jpg", "cut.png", "work.XCF", "notes.txt"}
    assert told["empty.jpg"] == "empty file"
    assert told["text.jpg"] == "not an image, or a damaged one"
    assert told["work.XCF"] == "kind not read yet: GIMP document (.xcf)"
    assert told["notes.txt"] == "not an image by its name (.txt)"
    assert [item.path for item in report.skipped] == sorted(told)
    indexing.check()


def test_a_skipped_file_is_told_again_but_not_tried_again(
    indexing: Indexing, make_photo: PhotoMaker, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_photo("red.png", "red")
    (photos / "empty.jpg").touch()
    (photos / "text.jpg").write_text("no photo")
    first = indexing.run()
    monkeypatch.setattr("twinlens.embedding.local.read_photo_bytes", lambda path: pytest.fail(f"{path} was read"))
    second = indexing.run()
    assert second.skipped == first.skipped
    assert counts(second) == {"unchanged": 1}


def test_a_skipped_file_is_tried_again_when_it_changed(
    indexing: Indexing, make_photo: PhotoMaker, photos: Path
) -> None:
    make_photo("red.png", "red")
    (photos / "green.png").write_text("half a download")
    assert set(reasons(indexing.run())) == {"green.png"}
    make_photo("green.png", "green")
    report = indexing.run()
    assert (counts(report), report.skipped) == ({"added": 1, "unchanged": 1}, [])
    indexing.check()


def test_skipped_files_are_tried_again_by_a_release_that_reads_more(
    indexing: Indexing, make_photo: PhotoMaker, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_photo("red.png", "red")
    os.utime(make_photo("green.png", "green"), ns=(1, 1))
    whole = (photos / "green.png").read_bytes()
    (photos / "green.png").write_bytes(bytes(len(whole)))
    os.utime(photos / "green.png", ns=(1, 1))
    indexing.run()
    (photos / "green.png").write_bytes(whole)  # same size, same date
    os.utime(photos / "green.png", ns=(1, 1))
    assert counts(indexing.run()) == {"unchanged": 1}
    as_a_later_release(monkeypatch)
    assert counts(indexing.run()) == {"added": 1, "unchanged": 1}


def test_a_file_that_could_not_be_opened_is_tried_again(
    indexing: Indexing, make_photo: PhotoMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_photo("red.png", "red")
    make_photo("green.png", "green")
    real = read_photo_bytes

    def read(path: Path) -> bytes:
        if path.name == "green.png":
            raise PhotoError("no permission to read it")
        return real(path)

    monkeypatch.setattr("twinlens.embedding.local.read_photo_bytes", read)
    assert reasons(indexing.run()) == {"green.png": "no permission to read it"}
    monkeypatch.undo()  # as after chmod, which changes neither size nor date
    report = indexing.run()
    assert (counts(report), report.skipped) == ({"added": 1, "unchanged": 1}, [])


def test_a_photo_that_became_damaged_is_skipped(three: Indexing, photos: Path) -> None:
    (photos / "red.png").write_text("damaged")
    report = three.run()
    assert (counts(report), report.images) == ({"unchanged": 2}, 2)
    assert reasons(report) == {"red.png": "not an image, or a damaged one"}
    assert three.paths() == ["green.png", "sub/blue.png"]
    assert three.catalog.integrity_faults() == []


def test_a_skipped_file_that_was_deleted_is_forgotten_silently(three: Indexing, photos: Path) -> None:
    (photos / "bad.png").write_text("bad")
    three.run()
    (photos / "bad.png").unlink()
    report = three.run()
    assert (counts(report), report.skipped) == ({"unchanged": 3}, [])
    assert three.catalog.files.at(1, "bad.png") is None


def test_two_skipped_files_with_one_content_stay_apart(
    indexing: Indexing, make_photo: PhotoMaker, photos: Path
) -> None:
    make_photo("red.png", "red")
    for name in ("a.jpg", "b.jpg"):
        (photos / name).write_text("no photo")
    assert set(reasons(indexing.run())) == {"a.jpg", "b.jpg"}
    (photos / "a.jpg").rename(photos / "c.jpg")
    report = indexing.run()
    assert (set(reasons(report)), counts(report)) == ({"b.jpg", "c.jpg"}, {"unchanged": 1})


def test_a_photo_that_vanishes_during_the_run_is_told(three: Indexing, make_photo: PhotoMaker, photos: Path) -> None:
    make_photo("white.png", "white")

    class Deleting(SilentListener):
        def planned(self, plan: IndexPlan) -> None:
            (photos / "white.png").unlink()

    report = three.run(listener=Deleting())
    assert (counts(report), reasons(report)) == ({"unchanged": 3}, {"white.png": "file is gone"})
    assert three.run().skipped == []


def test_reasons_are_summed_up_most_frequent_first() -> None:
    skipped = [Skipped("a", "empty file"), Skipped("b", "cut"), Skipped("c", "empty file")]
    assert list(reasons_summary(skipped)) == [("empty file", 2), ("cut", 1)]
