"""Verifying tells everything that is wrong with a collection, a line each with what mends it."""

import os
from pathlib import Path

import pytest

from conftest import ColourEncoder, PhotoMaker
from twinlens.api.upkeep.repair import verify
from twinlens.collection.collection import Collection


@pytest.fixture
def indexed(make_photo: PhotoMaker, photos: Path, models: dict[str, ColourEncoder]) -> Path:
    for name, colour in (("a.png", "red"), ("b.png", "blue"), ("c.png", "green")):
        make_photo(name, colour)
    with Collection.open(photos) as collection:
        collection.index()
    return photos


def test_a_collection_that_is_well_has_no_problems(indexed: Path) -> None:
    found = verify(indexed, contents=True)
    assert (found.photos, found.files, found.contents, list(found.problems)) == (3, 3, 3, [])


def test_files_that_are_gone_or_have_changed_are_told_with_what_to_do(indexed: Path, make_photo: PhotoMaker) -> None:
    (indexed / "a.png").unlink()
    make_photo("b.png", "white", size=(50, 50))
    gone, changed = verify(indexed).problems
    assert (gone.what, gone.photos) == ("1 photo is gone, such as a.png", ["a.png"])
    assert (changed.what, changed.photos) == (
        "1 photo has another size or date than at the last index run, such as b.png",
        ["b.png"],
    )
    assert all("twinlens index" in one.todo for one in (gone, changed))


def test_contents_that_changed_without_a_trace_are_found_only_by_reading(indexed: Path) -> None:
    file = indexed / "c.png"
    before, content = file.stat(), bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert not verify(indexed).problems
    [problem] = verify(indexed, contents=True).problems
    assert "c.png is damaged: other contents than when it was indexed" in problem.what
    assert "backup" in problem.todo


def test_reading_tells_what_was_changed_from_what_is_damaged(indexed: Path, make_photo: PhotoMaker) -> None:
    os.utime(indexed / "a.png", (1, 1))
    make_photo("b.png", "white", size=(50, 50))
    (indexed / "c.png").write_bytes((indexed / "c.png").read_bytes()[:-30])
    damaged, changed, dated = verify(indexed, contents=True).problems
    assert damaged.what.startswith("c.png is damaged: it has changed since the last index run, and cannot be read")
    assert (changed.what, changed.photos) == ("1 photo has changed since the last index run, such as b.png", ["b.png"])
    assert dated.what == "1 photo has another date, and the contents that were indexed, such as a.png"
    assert "backup" in damaged.todo
    assert all("twinlens index" in one.todo for one in (changed, dated))


def test_a_missing_photo_folder_is_one_problem(indexed: Path, tmp_path: Path) -> None:
    with Collection.open(indexed) as collection:
        collection.catalog.move_folder(1, str(tmp_path / "unmounted"))
        place = collection.path
    [problem] = verify(place).problems
    assert "unmounted with 3 photos is missing" in problem.what
    assert "twinlens collection move" in problem.todo


def test_a_damaged_catalog_and_vectors_that_differ_from_it_are_problems_that_repair_mends(indexed: Path) -> None:
    place = indexed / ".twinlens"
    with Collection(place) as collection, collection.catalog.transaction() as connection:
        connection.execute("UPDATE vectors SET embedding = (SELECT embedding FROM vectors ORDER BY photo_id DESC)")
    [problem] = verify(indexed).problems
    assert "vector files differ from the catalog" in problem.what
    assert problem.todo == f"twinlens collection repair --in {place}"
    (place / "catalog.sqlite").write_bytes(b"no catalog" * 1000)
    [problem] = verify(indexed).problems
    assert "is damaged" in problem.what
    assert problem.todo == f"twinlens collection repair --in {place}"


def test_a_model_that_is_gone_is_a_problem(indexed: Path, models: dict[str, ColourEncoder]) -> None:
    del models["default"]
    [problem] = verify(indexed).problems
    assert "was indexed with an older default model" in problem.what
    assert "twinlens index" in problem.todo
