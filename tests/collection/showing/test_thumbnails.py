"""Thumbnails on disk: kept by content and size, evicted by use, never more than the room."""

import os
import sys
from pathlib import Path

import pytest
from PIL import Image

from conftest import PhotoMaker
from twinlens.collection.showing import thumbnails
from twinlens.collection.showing.file import PhotoFile, photo_file
from twinlens.collection.showing.thumbnails import ThumbnailCache
from twinlens.data.guarded.limits import Limits
from twinlens.errors import PhotoError, PhotoTooSlowError


def file_of(path: Path) -> PhotoFile:
    return PhotoFile(path, path.stat(), "image/png", f"{path.name}-{path.stat().st_mtime_ns}")


def kept(folder: Path) -> list[Path]:
    return sorted(folder.glob("*/*.jpg"))


def test_the_second_time_it_comes_from_disk(tmp_path: Path, make_photo: PhotoMaker) -> None:
    cache = ThumbnailCache(tmp_path / "kept", max_bytes=10**6)
    file = file_of(make_photo("a.png"))
    first = cache.thumbnail(file, side=32)
    assert first[1] is False
    assert cache.thumbnail(file, side=32) == (first[0], True)
    assert cache.thumbnail(file, side=33)[1] is False
    another = ThumbnailCache(tmp_path / "kept", max_bytes=10**6)
    assert another.thumbnail(file, side=32) == (first[0], True)


def test_the_least_used_go_first(tmp_path: Path, make_photo: PhotoMaker) -> None:
    folder = tmp_path / "kept"
    roomy = ThumbnailCache(folder, max_bytes=10**6)
    files = [file_of(make_photo(f"{number}.png", seed=number)) for number in range(6)]
    for age, file in enumerate(files):
        roomy.thumbnail(file, side=40)
        for one in kept(folder):
            if one.stat().st_mtime > 10**6:
                os.utime(one, (age, age))
    roomy.thumbnail(files[0], side=40)  # the oldest is used again
    total = sum(one.stat().st_size for one in kept(folder))
    tight = ThumbnailCache(folder, max_bytes=total - 1)
    assert tight.make_room() <= 0.9 * total
    assert tight.thumbnail(files[0], side=40)[1] is True
    assert tight.thumbnail(files[1], side=40)[1] is False


def test_files_of_others_in_its_folder_are_never_evicted(tmp_path: Path, make_photo: PhotoMaker) -> None:
    cache = ThumbnailCache(tmp_path / "kept", max_bytes=100)
    mine = tmp_path / "kept" / "album" / "holiday.jpg"
    mine.parent.mkdir(parents=True)
    mine.write_bytes(bytes(10_000))
    cache.thumbnail(file_of(make_photo("a.png")), side=64)
    assert mine.exists()


def test_no_room_keeps_nothing(tmp_path: Path, make_photo: PhotoMaker) -> None:
    cache = ThumbnailCache(tmp_path / "kept", max_bytes=0)
    file = file_of(make_photo("a.png"))
    assert [cache.thumbnail(file, side=32)[1] for _ in range(2)] == [False, False]
    assert not (tmp_path / "kept").exists()


def test_a_folder_that_cannot_be_written_costs_no_answer(tmp_path: Path, make_photo: PhotoMaker) -> None:
    (tmp_path / "file").write_text("in the way")
    cache = ThumbnailCache(tmp_path / "file" / "kept", max_bytes=10**6)
    assert cache.thumbnail(file_of(make_photo("a.png")), side=32)[0].startswith(b"\xff\xd8")


def test_a_damaged_photo_gives_its_reason(tmp_path: Path) -> None:
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(b"\xff\xd8\xff no photo")
    with pytest.raises(PhotoError):
        ThumbnailCache(tmp_path / "kept", max_bytes=10**6).thumbnail(file_of(broken), side=32)


def test_a_file_that_is_no_regular_one_is_refused(open_collection, make_photo: PhotoMaker, photos: Path) -> None:
    make_photo("a.png")
    collection = open_collection()
    collection.index()
    card = collection.photo("a.png")
    assert card is not None
    assert photo_file(card).media_type == "image/png"
    (photos / "a.png").unlink()
    if hasattr(os, "mkfifo"):
        os.mkfifo(photos / "a.png")  # reading it would wait for ever
        with pytest.raises(PhotoError, match="regular"):
            photo_file(card)
    assert collection.photo("../a.png") is None


def test_a_photo_keeps_its_tag_until_it_changes(open_collection, make_photo: PhotoMaker) -> None:
    path = make_photo("a.png")
    collection = open_collection()
    collection.index()
    card = collection.photo("a.png")
    assert card is not None
    tag = photo_file(card).tag
    assert photo_file(card).tag == tag == card.content_hash.hex()
    Image.new("RGB", (20, 20)).save(path)
    assert photo_file(card).tag != tag


def test_a_collection_that_was_taken_away_is_not_made_again_for_a_thumbnail(
    tmp_path: Path, make_photo: PhotoMaker
) -> None:
    cache = ThumbnailCache(tmp_path / "collection" / "kept", max_bytes=10**6)
    assert cache.thumbnail(file_of(make_photo("a.png")), side=32)[0]
    assert not (tmp_path / "collection").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="no CPU timers there")
def test_a_photo_that_takes_too_long_is_tried_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(thumbnails, "LIMITS", Limits(cpu_s=0.05, wall_s=600))
    Image.new("L", (12_000, 12_000)).save(tmp_path / "slow.png")  # 140 KB; half a second
    cache = ThumbnailCache(tmp_path / "kept", max_bytes=10**6)
    with pytest.raises(PhotoTooSlowError):
        cache.thumbnail(file_of(tmp_path / "slow.png"), side=32)
    cache.close()  # decodes nothing any more
    with pytest.raises(PhotoTooSlowError):
        cache.thumbnail(file_of(tmp_path / "slow.png"), side=32)
