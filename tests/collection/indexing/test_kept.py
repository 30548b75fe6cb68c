"""What people gave to photos survives their absence, and comes back with their content."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from conftest import ColourEncoder, PhotoMaker
from twinlens.collection.catalog.curated.person import asked_by
from twinlens.collection.catalog.kept import KEPT_DAYS
from twinlens.collection.collection import Collection
from twinlens.collection.indexing.scanning.missing import MissingFolder

OpenCollection = Callable[..., Collection]


@pytest.fixture
def library(make_photo: PhotoMaker, open_collection: OpenCollection, tmp_path: Path) -> Collection:
    """red.png, green.png and trip/day/blue.png; red and blue have captions and are favourites."""
    make_photo("red.png", "red")
    make_photo("green.png", "green")
    make_photo("trip/day/blue.png", "blue")
    captions = tmp_path / "captions.csv"
    captions.write_text("image,caption\nred.png,a red wall\nred.png,all red\nblue.png,blue sea\nblue.png,a wave\n")
    collection = open_collection()
    collection.index(captions=captions)
    collection.mark_favourites(["red.png", "trip/day/blue.png"])
    return collection


def given(collection: Collection) -> dict[str, list[str]]:
    """Captions of each favourite."""
    return {photo_id: collection.captions_of(photo_id) for photo_id in collection.favourites()}


def age(collection: Collection, days: int) -> None:
    with collection.catalog.transaction() as connection:
        connection.execute("UPDATE kept SET gone_on = date('now', ?)", (f"-{days} days",))


NOTHING_ELSE = {"tags": 0, "ratings": 0, "albums": 0}
RED, BLUE = ["a red wall", "all red"], ["blue sea", "a wave"]


# --- gone and back ----------------------------------------------------------------------------


def test_captions_and_favourites_come_back_with_the_content_anywhere(
    library: Collection, photos: Path, tmp_path: Path
) -> None:
    shutil.move(photos / "red.png", tmp_path / "away.png")
    report = library.index()
    assert (report.removed, report.kept, report.restored) == (1, 1, 0)
    assert given(library) == {"trip/day/blue.png": BLUE}
    assert library.search("red", target="caption", k=9)[0].caption not in RED
    (photos / "elsewhere").mkdir()
    shutil.move(tmp_path / "away.png", photos / "elsewhere" / "other.png")
    report = library.index()
    assert (report.added, report.kept, report.restored) == (1, 0, 1)
    assert given(library) == {"elsewhere/other.png": RED, "trip/day/blue.png": BLUE}
    assert library.search("red", target="caption", k=1)[0].id == "elsewhere/other.png"
    assert library.faults() == []
    assert library.index().to_json().keys().isdisjoint({"kept", "restored", "dropped", "kept_folders"})


def test_favourites_come_back_to_those_who_marked_them(library: Collection, photos: Path, tmp_path: Path) -> None:
    with asked_by("ana"):
        library.mark_favourites(["green.png", "red.png"])
    for name in ("red.png", "green.png"):
        shutil.move(photos / name, tmp_path / name)
    library.index()
    assert library.status()["kept"]["favourites"] == 3
    for name in ("red.png", "green.png"):
        shutil.move(tmp_path / name, photos / name)
    library.index()
    assert library.favourites() == ["red.png", "trip/day/blue.png"]
    with asked_by("ana"):
        assert library.favourites() == ["green.png", "red.png"]


def test_a_new_model_embeds_restored_captions_with_itself(
    library: Collection, photos: Path, tmp_path: Path, models: dict[str, ColourEncoder]
) -> None:
    shutil.move(photos / "red.png", tmp_path / "away.png")
    library.index()
    models["other"].dim = 12
    assert library.reindex("other").model_change.is_complete
    shutil.move(tmp_path / "away.png", photos / "back.png")
    assert library.index().restored == 1
    assert given(library)["back.png"] == RED
    assert library.faults() == []


def test_captions_wait_for_the_new_model_if_the_one_of_record_is_missing(
    library: Collection, photos: Path, tmp_path: Path, models: dict[str, ColourEncoder], open_collection: OpenCollection
) -> None:
    shutil.move(photos / "red.png", tmp_path / "away.png")
    library.index()
    shutil.move(tmp_path / "away.png", photos / "back.png")
    library.close()
    models["default"] = ColourEncoder(fingerprint="colour0000000009", dim=16)  # an update; the earlier one is gone
    collection = open_collection()
    report = collection.index(drop_kept=True)
    assert report.model_change is not None
    assert report.model_change.is_complete
    assert (report.restored, report.dropped) == (1, 0)
    assert given(collection)["back.png"] == RED


def test_a_remaining_copy_takes_over_what_was_given_to_the_one_that_is_gone(library: Collection, photos: Path) -> None:
    shutil.copyfile(photos / "red.png", photos / "copy.png")
    library.index()
    assert "copy.png" not in given(library)  # copies stay separate photos
    (photos / "red.png").unlink()
    assert library.index().kept == 0
    assert given(library) == {"copy.png": RED, "trip/day/blue.png": BLUE}


def test_a_link_to_a_photo_that_is_gone_is_gone_too_and_takes_over_nothing(
    library: Collection, photos: Path, tmp_path: Path
) -> None:
    (photos / "link.png").symlink_to("red.png")
    assert library.index().added == 1
    shutil.move(photos / "red.png", tmp_path / "away.png")
    report = library.index()
    assert (report.removed, report.images, report.kept, report.restored) == (2, 2, 1, 0)
    assert ("link.png", "broken link") in report.skipped
    shutil.move(tmp_path / "away.png", photos / "back.png")
    (photos / "link.png").unlink()
    library.index()
    assert given(library) == {"back.png": RED, "trip/day/blue.png": BLUE}


def test_photos_without_captions_or_marks_leave_nothing_behind(library: Collection, photos: Path) -> None:
    (photos / "green.png").unlink()
    report = library.index()
    assert (report.removed, report.kept) == (1, 0)


# --- other content at the same path -----------------------------------------------------------


def test_an_edited_photo_keeps_what_was_given_and_so_does_its_original(
    library: Collection, photos: Path, make_photo: PhotoMaker, tmp_path: Path
) -> None:
    shutil.copyfile(photos / "red.png", tmp_path / "original.png")
    make_photo("red.png", "yellow")
    assert library.index().updated == 1
    assert given(library)["red.png"] == RED
    shutil.move(tmp_path / "original.png", photos / "original.png")
    assert library.index().restored == 1
    assert given(library)["red.png"] == given(library)["original.png"] == RED


def test_names_that_are_swapped_do_not_swap_captions(library: Collection, photos: Path) -> None:
    (photos / "red.png").rename(photos / "x")
    (photos / "trip" / "day" / "blue.png").rename(photos / "red.png")
    (photos / "x").rename(photos / "trip" / "day" / "blue.png")
    library.index()
    assert given(library) == {"red.png": BLUE, "trip/day/blue.png": RED}
    assert library.catalog.kept.counts().photos == 0
    assert library.faults() == []


def test_photos_numbered_anew_take_their_captions_along(library: Collection, photos: Path) -> None:
    (photos / "green.png").rename(photos / "third.png")
    (photos / "red.png").rename(photos / "green.png")
    (photos / "trip" / "day" / "blue.png").rename(photos / "red.png")
    library.index(forget_missing=True)
    assert given(library) == {"green.png": RED, "red.png": BLUE}
    assert library.captions_of("third.png") == []


@pytest.mark.parametrize("is_readable_again", [False, True])
def test_a_photo_that_is_damaged_and_then_deleted_leaves_what_was_given_to_its_content(
    library: Collection, photos: Path, tmp_path: Path, is_readable_again: bool
) -> None:
    shutil.copyfile(photos / "red.png", tmp_path / "backup.png")
    (photos / "red.png").write_bytes(b"damaged")
    library.index()
    if is_readable_again:
        shutil.copyfile(tmp_path / "backup.png", photos / "red.png")
        library.index()
        assert given(library)["red.png"] == RED
        assert library.catalog.kept.counts().photos == 0
    (photos / "red.png").unlink(missing_ok=True)
    library.index()
    shutil.move(tmp_path / "backup.png", photos / "new.png")
    assert library.index().restored == 1
    assert given(library)["new.png"] == RED


# --- for how long -----------------------------------------------------------------------------


def test_what_is_kept_is_dropped_after_its_time_and_the_report_says_so(
    library: Collection, photos: Path, tmp_path: Path
) -> None:
    shutil.move(photos / "red.png", tmp_path / "away.png")
    library.index()
    age(library, KEPT_DAYS)
    assert (library.index().dropped, library.status()["kept"]["photos"]) == (0, 1)  # until the end of the last day
    age(library, KEPT_DAYS + 1)
    assert library.index().to_json()["dropped"] == 1
    assert library.status()["kept"] == {
        "photos": 0, "captions": 0, "favourites": 0, **NOTHING_ELSE, "until": None, "last_until": None
    }  # fmt: skip
    shutil.move(tmp_path / "away.png", photos / "red.png")
    assert library.index().restored == 0


def test_what_has_come_back_is_restored_however_old_it_is(library: Collection, photos: Path, tmp_path: Path) -> None:
    shutil.move(photos / "red.png", tmp_path / "away.png")
    library.index()
    age(library, 9 * KEPT_DAYS)
    shutil.move(tmp_path / "away.png", photos / "red.png")
    report = library.index(drop_kept=True)
    assert (report.restored, report.dropped) == (1, 0)
    assert given(library)["red.png"] == RED


def test_what_is_kept_is_dropped_on_request(library: Collection, photos: Path) -> None:
    shutil.rmtree(photos / "trip")
    assert library.index().kept == 1
    report = library.index(drop_kept=True)
    assert (report.kept, report.dropped) == (0, 1)
    assert given(library) == {"red.png": RED}  # of photos that are here, nothing is dropped


def test_a_status_says_how_much_is_kept_and_until_when(library: Collection, photos: Path) -> None:
    (photos / "red.png").unlink()
    library.index()
    with library.catalog.transaction() as connection:
        connection.execute("UPDATE kept SET gone_on = '2031-01-31'")
    assert library.status()["kept"] == {
        "photos": 1, "captions": 2, "favourites": 1, **NOTHING_ELSE, "until": "2032-01-31", "last_until": "2032-01-31"
    }  # fmt: skip


# --- folders whose disk may not be mounted ----------------------------------------------------


def test_an_emptied_subfolder_loses_nothing_and_the_rest_is_indexed(
    library: Collection, photos: Path, make_photo: PhotoMaker
) -> None:
    (photos / "trip" / "day" / "blue.png").unlink()
    make_photo("new.png", "white")
    report = library.index()
    assert (report.added, report.removed, report.images) == (1, 0, 4)
    folder = {"path": "trip/day", "photos": 1, "reason": "contains no photos now"}
    assert report.to_json()["kept_folders"] == [folder]
    assert given(library) == {"red.png": RED, "trip/day/blue.png": BLUE}


def test_an_emptied_subfolder_is_forgotten_on_request_but_not_what_was_given(library: Collection, photos: Path) -> None:
    (photos / "trip" / "day" / "blue.png").unlink()
    report = library.index(forget_missing=True)
    assert (report.removed, report.kept_folders, report.kept) == (1, [], 1)


@pytest.mark.parametrize("is_gone", [False, True])
def test_a_function_is_asked_about_each_emptied_folder(
    library: Collection, photos: Path, make_photo: PhotoMaker, is_gone: bool
) -> None:
    make_photo("trip/night/black.png", "black")
    make_photo("other/white.png", "white")
    library.index()
    for path in ("trip/day/blue.png", "trip/night/black.png", "other/white.png"):
        (photos / path).unlink()
    asked: list[MissingFolder] = []

    def ask(folder: MissingFolder) -> bool:
        asked.append(folder)
        return is_gone

    report = library.index(forget_missing=ask)
    assert [(one.path, one.photos) for one in asked] == [("other", 1), ("trip", 2)]
    assert (report.removed, report.kept_folders) == ((3, []) if is_gone else (0, asked))


def test_a_change_of_model_asks_about_a_folder_once(library: Collection, photos: Path) -> None:
    (photos / "trip" / "day" / "blue.png").unlink()
    assert not library.reindex("other").model_change.is_complete  # the photo may come back
    asked: list[MissingFolder] = []
    report = library.index(forget_missing=lambda folder: bool(asked.append(folder)))
    assert len(asked) == 1
    assert report.kept_folders == asked
    assert library.index(forget_missing=True).model_change.is_complete


def test_moving_the_last_photo_out_of_a_folder_raises_no_question(library: Collection, photos: Path) -> None:
    (photos / "trip" / "day" / "blue.png").rename(photos / "moved.png")
    report = library.index(forget_missing=lambda folder: pytest.fail(f"asked about {folder}"))
    assert (report.renamed, report.kept_folders) == (1, [])
    assert given(library) == {"moved.png": BLUE, "red.png": RED}


def test_a_folder_that_was_deleted_as_a_whole_raises_no_question(
    library: Collection, photos: Path, make_photo: PhotoMaker
) -> None:
    make_photo("trip/black.png", "black")
    library.index()
    shutil.rmtree(photos / "trip" / "day")
    report = library.index(forget_missing=lambda folder: pytest.fail(f"asked about {folder}"))
    assert (report.removed, report.kept) == (1, 1)


def test_the_paths_of_several_photo_folders_begin_with_their_names(
    make_photo: PhotoMaker, photos: Path, tmp_path: Path, models: dict[str, ColourEncoder]
) -> None:
    for name in ("one/red.png", "one/sub/blue.png", "two/sub/green.png", "two/white.png"):
        make_photo(name, Path(name).stem)
    with Collection.create([photos / "one", photos / "two"], at=tmp_path / "both") as collection:
        collection.index()
        (photos / "two" / "sub" / "green.png").unlink()
        assert [folder.path for folder in collection.index().kept_folders] == ["two/sub"]


# --- any history ------------------------------------------------------------------------------


def owners(collection: Collection) -> dict[bytes, set[str]]:
    """Captions by content: of its searchable photos, and kept ones."""
    rows = collection.catalog.rows(
        "SELECT content_hash, text FROM photos JOIN captions ON photo_id = photos.id WHERE skip_reason IS NULL "
        "UNION SELECT content_hash, value FROM kept WHERE kind = 'caption'"
    )
    return {content: {text for one, text in rows if one == content} for content, _ in rows}


@pytest.mark.parametrize("seed", range(6))
def test_after_any_history_no_content_has_lost_its_captions(
    open_collection: OpenCollection, make_photo: PhotoMaker, photos: Path, tmp_path: Path, seed: int
) -> None:
    random = np.random.default_rng(seed)
    names = [f"{folder}{number}.png" for folder in ("", "a/", "a/b/") for number in range(3)]
    for number, name in enumerate(names):
        make_photo(name, "red", seed=number)
    make_photo("always.png", "white")
    captions = tmp_path / "captions.csv"
    captions.write_text("image,caption\n" + "".join(f"{name},of {name}\n" for name in names))
    collection, away = open_collection(), tmp_path / "away"
    collection.index(captions=captions)
    before = owners(collection)
    shutil.copytree(photos, away, ignore=shutil.ignore_patterns(".twinlens"))
    for run in range(8):
        for _ in range(random.integers(1, 6)):
            name, other = random.choice(names, size=2)
            here, there = photos / name, photos / other
            for folder in (here.parent, there.parent):
                folder.mkdir(parents=True, exist_ok=True)
            match random.integers(6):
                case 0:
                    here.unlink(missing_ok=True)
                case 1:
                    make_photo(name, "blue", seed=100 * run)
                case 2:
                    here.write_bytes(b"damaged")
                case 3:
                    shutil.copyfile(away / other, here)
                case 4 if here.exists():
                    here.replace(there)
                case 5 if here.exists() and there.exists() and here != there:
                    here.rename(tmp_path / "x")
                    there.rename(here)
                    (tmp_path / "x").rename(there)
        for number, file in enumerate(sorted(photos.rglob("*.png"))):
            os.utime(file, ns=(1, 1_000_000 * (100 * run + number)))  # a change is seen whatever the clock
        collection.index(forget_missing=bool(random.integers(2)))
        now = owners(collection)
        assert all(before[content] <= now.get(content, set()) for content in before)
        assert collection.faults() == []
    for name in names:
        (photos / name).unlink(missing_ok=True)
    collection.index(forget_missing=True)
    shutil.copytree(away, photos / "again")
    collection.index(forget_missing=True)
    for name in names:
        assert f"of {name}" in collection.captions_of(f"again/{name}")
