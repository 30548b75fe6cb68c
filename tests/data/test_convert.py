"""A data set written in each format and read again is the same data set."""

import json
import os
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from twinlens.data import WRITERS
from twinlens.data.captioned import CaptionedPhotos
from twinlens.data.convert import convert
from twinlens.data.find import find_kind, open_dataset
from twinlens.data.images import read_photo_bytes
from twinlens.errors import DataError, UnknownPartError
from twinlens.protocols import Dataset
from twinlens.types import CaptionedImage

KINDS = {"captions-json": "captions-json", "jsonl": "table", "webdataset": "webdataset", "parquet": "parquet"}
NAMES = ["9.png", "b/photo one.v2.jpg", "b/c/ü.png", "0.webp", "z.png", "y.png", "x.jpg"]
SPLITS = {"train": ["z.png", "9.png", "b/c/ü.png"], "val": ["0.webp"], "test": ["y.png", "b/photo one.v2.jpg"]}
Snapshot = dict[str, tuple[float, bytes]]


def captions_of(name: str) -> tuple[str, ...]:
    return (f'a "thing", that is {name}', "Schnee ❄\tand more")[: 1 + len(name) % 2]


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    for number, name in enumerate(NAMES):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (5, 4), (number * 20, 9, 9)).save(folder / name)
    return folder


@pytest.fixture
def dataset(photos: Path) -> CaptionedPhotos:
    images = [CaptionedImage(name, photos / name, captions_of(name)) for name in NAMES]
    return CaptionedPhotos("drawn", images, SPLITS)


def contents(dataset: Dataset) -> dict[str, tuple[tuple[str, ...], bytes]]:
    return {photo.image_id: (photo.captions, read_photo_bytes(photo.path)) for photo in dataset.split("all")}


def ids(dataset: Dataset) -> dict[str, list[str]]:
    return {split: [photo.image_id for photo in dataset.split(split)] for split in dataset.splits()}


def snapshot(folder: Path) -> Snapshot:
    return {str(file): (file.stat().st_mtime, file.read_bytes()) for file in folder.rglob("*") if file.is_file()}


def test_there_is_a_test_of_every_writer() -> None:
    assert set(KINDS) == set(WRITERS)


@pytest.mark.parametrize("to", KINDS)
@pytest.mark.parametrize("shard_size", [2, 1000])
def test_what_was_written_is_read_as_it_was(
    tmp_path: Path, dataset: CaptionedPhotos, photos: Path, to: str, shard_size: int
) -> None:
    before = snapshot(photos)
    done = convert(dataset, tmp_path / "out", to=to, shard_size=shard_size)
    assert snapshot(photos) == before
    again = open_dataset(tmp_path / "out")
    assert find_kind(tmp_path / "out") == KINDS[to]
    assert contents(again) == contents(dataset)
    assert ids(again) == SPLITS
    assert (done.n_images, done.n_captions) == (7, sum(len(captions_of(name)) for name in NAMES))
    assert done.splits == {"train": 3, "val": 1, "test": 2}
    assert done.left_out == []
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out", "photos"]


@pytest.mark.parametrize("to", KINDS)
@pytest.mark.parametrize("via", KINDS)
def test_photos_may_come_out_of_any_format(tmp_path: Path, dataset: CaptionedPhotos, via: str, to: str) -> None:
    convert(dataset, tmp_path / "first", to=via)
    convert(open_dataset(tmp_path / "first"), tmp_path / "second", to=to)
    again = open_dataset(tmp_path / "second")
    assert contents(again) == contents(dataset)
    assert ids(again) == SPLITS


@pytest.mark.parametrize("to", KINDS)
def test_dealt_splits_stay_as_they_were_dealt(tmp_path: Path, photos: Path, to: str) -> None:
    images = [CaptionedImage(name, photos / name, ("a",)) for name in NAMES]
    at_random = CaptionedPhotos("at random", images, {}, ratios={"train": 0.5, "val": 0.5}, seed=3)
    convert(at_random, tmp_path / "out", to=to)
    assert ids(open_dataset(tmp_path / "out", seed=9)) == ids(at_random)


@pytest.mark.parametrize("to", KINDS)
def test_one_split_may_be_written_alone(tmp_path: Path, dataset: CaptionedPhotos, to: str) -> None:
    done = convert(dataset, tmp_path / "out", to=to, splits=["test"])
    again = open_dataset(tmp_path / "out")
    assert ids(again) == {"test": SPLITS["test"]}
    assert set(contents(again)) == set(SPLITS["test"])
    assert done.n_images == 2


def test_all_as_a_split_is_everything_with_its_splits(tmp_path: Path, dataset: CaptionedPhotos) -> None:
    convert(dataset, tmp_path / "out", to="jsonl", splits=["all"])
    assert ids(open_dataset(tmp_path / "out")) == SPLITS


@pytest.mark.parametrize("to", KINDS)
def test_photo_that_cannot_be_read_is_left_out_with_its_reason(
    tmp_path: Path, dataset: CaptionedPhotos, photos: Path, to: str
) -> None:
    (photos / "9.png").unlink()
    done = convert(dataset, tmp_path / "out", to=to)
    assert [(photo.image_id, photo.reason) for photo in done.left_out] == [("9.png", "file is gone")]
    assert done.splits == {"train": 2, "val": 1, "test": 2}
    assert ids(open_dataset(tmp_path / "out")) == SPLITS | {"train": ["z.png", "b/c/ü.png"]}


def test_photo_without_captions_is_left_out(tmp_path: Path, photos: Path) -> None:
    images = [CaptionedImage(name, photos / name, captions_of(name) if name != "z.png" else ()) for name in NAMES]
    done = convert(CaptionedPhotos("drawn", images, SPLITS), tmp_path / "out", to="captions-json")
    assert [photo.image_id for photo in done.left_out] == ["z.png"]
    assert ids(open_dataset(tmp_path / "out"))["train"] == ["9.png", "b/c/ü.png"]


@pytest.mark.parametrize("to", KINDS)
def test_nothing_is_left_when_no_photo_can_be_read(tmp_path: Path, to: str) -> None:
    images = [CaptionedImage(name, tmp_path / name, ("a",)) for name in NAMES]
    with pytest.raises(DataError, match="none of 7 photos could be written: file is gone"):
        convert(CaptionedPhotos("gone", images, {}), tmp_path / "out", to=to)
    assert list(tmp_path.iterdir()) == []


def test_photos_are_copied_unless_links_are_asked_for(tmp_path: Path, dataset: CaptionedPhotos, photos: Path) -> None:
    convert(dataset, tmp_path / "copied", to="jsonl")
    convert(dataset, tmp_path / "linked", to="jsonl", link=True)
    assert not (tmp_path / "copied" / "images" / "z.png").samefile(photos / "z.png")
    assert (tmp_path / "linked" / "images" / "z.png").samefile(photos / "z.png")


def test_link_that_cannot_be_made_is_told_and_leaves_nothing(
    tmp_path: Path, dataset: CaptionedPhotos, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(18, "Invalid cross-device link")

    monkeypatch.setattr(os, "link", refuse)
    with pytest.raises(DataError, match="another file system; copy the photos instead"):
        convert(dataset, tmp_path / "out", to="jsonl", link=True)
    assert [path.name for path in tmp_path.iterdir()] == ["photos"]


@pytest.mark.parametrize("to", KINDS)
@pytest.mark.parametrize("error", [KeyboardInterrupt, RuntimeError])
def test_broken_off_conversion_leaves_nothing(
    tmp_path: Path, dataset: CaptionedPhotos, to: str, error: type[BaseException]
) -> None:
    def stop(done: int, total: int) -> None:
        assert not (tmp_path / "out").exists()
        if done == 4:
            raise error

    with pytest.raises(error):
        convert(dataset, tmp_path / "out", to=to, on_progress=stop)
    assert [path.name for path in tmp_path.iterdir()] == ["photos"]


def test_folder_with_something_in_it_is_refused_and_kept(tmp_path: Path, dataset: CaptionedPhotos) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "mine.txt").write_text("mine")
    with pytest.raises(DataError, match="exists and is not an empty folder"):
        convert(dataset, out, to="jsonl")
    assert [file.name for file in out.iterdir()] == ["mine.txt"]
    with pytest.raises(DataError, match="exists and is not an empty folder"):
        convert(dataset, out / "mine.txt", to="jsonl")


def test_empty_folder_is_filled(tmp_path: Path, dataset: CaptionedPhotos) -> None:
    (tmp_path / "out").mkdir()
    convert(dataset, tmp_path / "out", to="jsonl")
    assert (tmp_path / "out" / "captions.jsonl").is_file()


def test_rest_of_a_killed_conversion_is_named_and_not_touched(tmp_path: Path, dataset: CaptionedPhotos) -> None:
    (tmp_path / "out.partial").mkdir()
    with pytest.raises(DataError, match=r"out\.partial belongs to a conversion"):
        convert(dataset, tmp_path / "out", to="jsonl")
    assert (tmp_path / "out.partial").is_dir()


def test_unknown_format_or_split_is_refused_before_anything_is_made(tmp_path: Path, dataset: CaptionedPhotos) -> None:
    with pytest.raises(UnknownPartError, match="did you mean 'webdataset'"):
        convert(dataset, tmp_path / "out", to="webdatasets")
    with pytest.raises(DataError, match="did you mean 'test'"):
        convert(dataset, tmp_path / "out", to="jsonl", splits=["tests"])
    assert [path.name for path in tmp_path.iterdir()] == ["photos"]


@pytest.mark.parametrize("to", ["captions-json", "jsonl"])
def test_ids_that_leave_the_folder_are_refused(tmp_path: Path, photos: Path, to: str) -> None:
    dataset = CaptionedPhotos("bad", [CaptionedImage("../9.png", photos / "9.png", ("a",))], {})
    with pytest.raises(DataError, match="is not below the folder of photos"):
        convert(dataset, tmp_path / "out", to=to)
    assert [path.name for path in tmp_path.iterdir()] == ["photos"]


@pytest.mark.parametrize("to", KINDS)
def test_ids_below_a_folder_called_images_are_kept(tmp_path: Path, photos: Path, to: str) -> None:
    images = [CaptionedImage(f"images/{name}", photos / name, ("a",)) for name in NAMES]
    dataset = CaptionedPhotos("nested", images, {})
    convert(dataset, tmp_path / "out", to=to)
    assert contents(open_dataset(tmp_path / "out")) == contents(dataset)


def test_same_photos_give_the_same_shards(tmp_path: Path, dataset: CaptionedPhotos) -> None:
    read: Callable[[Path], list[bytes]] = lambda out: [file.read_bytes() for file in sorted(out.iterdir())]  # noqa: E731
    for out in ("one", "two"):
        convert(dataset, tmp_path / out, to="webdataset")
    assert read(tmp_path / "one") == read(tmp_path / "two")


def test_shards_hold_as_many_photos_as_asked_for(tmp_path: Path, dataset: CaptionedPhotos) -> None:
    convert(dataset, tmp_path / "out", to="webdataset", shard_size=2)
    names = ["other-000000", "test-000000", "train-000000", "train-000001", "val-000000"]
    assert sorted(file.stem for file in (tmp_path / "out").iterdir()) == names
    with tarfile.open(tmp_path / "out" / "train-000000.tar") as shard:
        members = shard.getnames()
        details = json.loads(shard.extractfile("000000000.json").read())
    assert members == ["000000000.png", "000000000.json", "000000001.png", "000000001.json"]
    assert details == {"file_name": "z.png", "captions": list(captions_of("z.png"))}
