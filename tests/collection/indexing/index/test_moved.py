"""Photos with the same content elsewhere: renamed, moved, copied."""

import shutil
from pathlib import Path

import numpy as np

from collection.indexing.index.conftest import Indexing, counts
from conftest import PhotoMaker
from twinlens.collection.place.photo_folders import PhotoFolder


def test_a_renamed_photo_keeps_its_id_and_its_vector(three: Indexing, photos: Path) -> None:
    before, vector = three.known("red.png").id, three.embedding("red.png")
    (photos / "new").mkdir()
    (photos / "red.png").rename(photos / "new" / "name.png")
    generation = three.catalog.generation
    assert counts(three.run()) == {"renamed": 1, "unchanged": 2}
    assert (three.encoder.embedded, three.known("new/name.png").id) == (0, before)
    np.testing.assert_array_equal(three.embedding("new/name.png"), vector)
    assert three.paths() == ["green.png", "new/name.png", "sub/blue.png"]
    changes = three.catalog.changes_since(generation)
    assert (changes.added.tolist(), changes.removed.tolist()) == ([], [])
    assert counts(three.run()) == {"unchanged": 3}


def test_a_renamed_folder_keeps_its_vectors(indexing: Indexing, make_photo: PhotoMaker, photos: Path) -> None:
    for number in range(20):
        make_photo(f"old/{number:02}.png", "red", seed=number)
    indexing.run()
    ids = {path.removeprefix("old/"): indexing.known(path).id for path in indexing.paths()}
    (photos / "old").rename(photos / "new")
    assert counts(indexing.run()) == {"renamed": 20}
    assert indexing.encoder.embedded == 0
    assert {path.removeprefix("new/"): indexing.known(path).id for path in indexing.paths()} == ids
    indexing.check()


def test_of_two_new_copies_one_is_the_renamed_photo(three: Indexing, photos: Path) -> None:
    before = three.known("red.png").id
    shutil.copy(photos / "red.png", photos / "x.png")
    (photos / "red.png").rename(photos / "y.png")
    assert counts(three.run()) == {"added": 1, "renamed": 1, "unchanged": 2}
    assert three.encoder.embedded == 0
    assert before in (three.known("x.png").id, three.known("y.png").id)
    assert three.known("x.png").id != three.known("y.png").id
    three.check()


def test_two_copies_may_be_renamed_at_once(three: Indexing, photos: Path) -> None:
    shutil.copy(photos / "red.png", photos / "copy.png")
    three.run()
    ids = {three.known("red.png").id, three.known("copy.png").id}
    (photos / "red.png").rename(photos / "x.png")
    (photos / "copy.png").rename(photos / "y.png")
    assert counts(three.run()) == {"renamed": 2, "unchanged": 2}
    assert {three.known("x.png").id, three.known("y.png").id} == ids


def test_identical_copies_stay_two_photos(three: Indexing, photos: Path) -> None:
    shutil.copy(photos / "red.png", photos / "sub" / "copy.png")
    assert counts(three.run()) == {"added": 1, "unchanged": 3}
    assert three.encoder.embedded == 0
    (photos / "red.png").unlink()
    assert counts(three.run()) == {"removed": 1, "unchanged": 3}
    assert three.paths() == ["green.png", "sub/blue.png", "sub/copy.png"]
    three.check()


def test_two_photos_that_swap_their_names_swap_their_vectors(three: Indexing, photos: Path) -> None:
    ids = three.known("red.png").id, three.known("green.png").id
    (photos / "red.png").rename(photos / "aside")
    (photos / "green.png").rename(photos / "red.png")
    (photos / "aside").rename(photos / "green.png")
    assert counts(three.run()) == {"updated": 2, "unchanged": 1}
    assert (three.known("red.png").id, three.known("green.png").id) == ids
    three.check()


def test_photos_that_move_up_by_one_are_all_right(indexing: Indexing, make_photo: PhotoMaker, photos: Path) -> None:
    colours = ("red", "green", "blue", "yellow", "white", "black")
    for number, colour in enumerate(colours):
        make_photo(f"{number}.png", colour)
    indexing.run()
    for number in reversed(range(6)):
        (photos / f"{number}.png").rename(photos / f"{number + 1}.png")
    make_photo("0.png", "blue", seed=9)
    report = indexing.run()
    assert report.images == 7
    indexing.check()


def test_a_photo_that_replaces_a_renamed_one_is_no_rename(
    three: Indexing, make_photo: PhotoMaker, photos: Path
) -> None:
    (photos / "red.png").rename(photos / "old-red.png")
    make_photo("red.png", "white")
    assert counts(three.run()) == {"added": 1, "updated": 1, "unchanged": 2}
    three.check()


def test_a_moved_photo_that_was_changed_too_is_new(three: Indexing, make_photo: PhotoMaker, photos: Path) -> None:
    (photos / "red.png").unlink()
    make_photo("moved.png", "red", seed=5)
    assert counts(three.run()) == {"added": 1, "removed": 1, "unchanged": 2}
    three.check()


def test_a_photo_that_moves_between_folders_keeps_its_vector(
    three: Indexing, make_photo: PhotoMaker, photos: Path, tmp_path: Path
) -> None:
    (tmp_path / "more").mkdir()
    three.catalog.add_folder("more", str(tmp_path / "more"))
    three.folders = [PhotoFolder(1, photos, "photos/"), PhotoFolder(2, tmp_path / "more", "more/")]
    before = three.known("red.png").id
    shutil.move(photos / "red.png", tmp_path / "more" / "red.png")
    assert counts(three.run()) == {"renamed": 1, "unchanged": 2}
    assert three.known("red.png", folder_id=2).id == before
