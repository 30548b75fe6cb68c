"""Videos of a library: one entry each, found by their moments."""

import os
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from PIL import Image

from conftest import ColourEncoder, draw_photo
from made_videos import BLACK, BLUE, GREEN, RED, make_sound, make_video
from twinlens.collection.collection import Collection
from twinlens.collection.indexing import moments
from twinlens.data.video import content, names
from twinlens.data.video.names import can_read_videos
from twinlens.errors import PhotoTooSlowError

pytest.importorskip("av")


@pytest.fixture(scope="module")
def indexed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two photos and two videos, indexed once for all tests: each decoder process takes a second to start."""
    folder = tmp_path_factory.mktemp("videos") / "p"
    (folder / "clips").mkdir(parents=True)
    draw_photo(folder / "red.jpg", "red")
    draw_photo(folder / "yellow.jpg", "yellow")
    make_video(folder / "clips/three.mp4", [BLACK, GREEN, BLUE, GREEN])
    make_video(folder / "clips/one.mkv", [RED], codec="libx264")
    with Collection.open(folder, model=ColourEncoder()) as photos:
        photos.index()
    return folder


@pytest.fixture
def library(indexed: Path, tmp_path: Path, encoder: ColourEncoder) -> Iterator[Collection]:
    """A copy of that."""
    shutil.copytree(indexed, tmp_path / "p")
    with Collection.open(tmp_path / "p", model=encoder) as photos:
        yield photos


def test_video_is_one_hit_with_its_best_moment(library: Collection):
    answer = library.answer("green", k=4)
    assert [hit.id for hit in answer.hits].count("clips/three.mp4") == 1
    assert answer.num_candidates == 4
    best = answer.hits[0]
    assert (best.id, best.at_s, best.duration_s) == ("clips/three.mp4", 6.0, 16.0)
    assert library.answer("blue", k=1).hits[0].at_s == 10.0


def test_scene_that_comes_back_is_one_moment(library: Collection):
    ids, videos = library.catalog.moments.of_photos()
    assert sorted(map(videos.tolist().count, set(videos.tolist()))) == [1, 3]
    assert len(ids) == 4


def test_photos_have_no_time_and_lists_have_none(library: Collection):
    (red,) = [hit for hit in library.answer("red", k=4).hits if hit.id == "red.jpg"]
    assert (red.at_s, red.duration_s) == (None, None)
    listed = library.answer("type:video,jpg", k=4, sort="date")
    assert {hit.at_s for hit in listed.hits} == {None}


def test_photo_finds_the_moment_that_shows_the_same(library: Collection, tmp_path: Path):
    blue = draw_photo(tmp_path / "blue.jpg", "blue")
    best = library.similar(blue, k=1)[0]
    assert (best.id, best.at_s) == ("clips/three.mp4", 10.0)


def test_video_may_be_the_query(library: Collection, tmp_path: Path):
    path = tmp_path / "p/clips/one.mkv"
    assert library.answer(f"{path}", k=1).hits[0].id == "red.jpg"
    elsewhere = shutil.copy(path, tmp_path / "elsewhere.mkv")
    assert library.similar(elsewhere, k=2)[0].id in {"red.jpg", "clips/one.mkv"}


def test_type_finds_videos(library: Collection):
    assert {hit.id for hit in library.answer("type:video", k=9).hits} == {"clips/three.mp4", "clips/one.mkv"}


def test_renamed_video_keeps_its_moments(library: Collection, tmp_path: Path):
    before = library.catalog.moments.of_photos()[0].tolist()
    (tmp_path / "p/clips/three.mp4").rename(tmp_path / "p/holiday.mp4")
    report = library.index()
    assert (report.renamed, report.added, report.videos) == (1, 0, 0)
    assert library.catalog.moments.of_photos()[0].tolist() == before
    assert library.answer("blue", k=1).hits[0].id == "holiday.mp4"


def test_copy_of_a_video_is_not_looked_at_again(library: Collection, tmp_path: Path):
    shutil.copy(tmp_path / "p/clips/three.mp4", tmp_path / "p/copy.mp4")
    report = library.index()
    assert (report.added, report.videos) == (1, 0)
    best = library.answer("blue", k=1, group=True).hits[0]
    assert (best.at_s, best.num_alike) == (10.0, 1)


def test_video_whose_decoder_takes_too_long_is_found_by_what_it_gave_before(
    library: Collection, monkeypatch: pytest.MonkeyPatch
):
    frames = {1000: GREEN, 3000: RED}

    def read(video: Path, looks: Sequence[int], then: object, **_: object) -> list[tuple[int, Image.Image]]:
        if looks[0] > 3000:
            raise PhotoTooSlowError("takes more than 30 s to decode")
        return [(at_ms, Image.new("RGB", (16, 16), frames[at_ms])) for at_ms in frames]

    with library.catalog.writing() as writer:
        for video in library.catalog.moments.videos().tolist():
            writer.put_moments(video, [])
    monkeypatch.setattr(moments, "read_moments", read)
    monkeypatch.setattr(moments, "LOOKS_AT_ONCE", 2)
    assert library.index().videos == 2
    assert library.answer("green type:video", k=1).hits[0].at_s == 1.0
    assert library.catalog.moments.waiting() == []
    assert library.faults() == []


def test_copy_of_a_long_video_is_compared_byte_by_byte_before_it_is_called_one(
    library: Collection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    for module in (content, names):
        monkeypatch.setattr(module, "WHOLE_BYTES", 100)
    monkeypatch.setattr(content, "SAMPLE_BYTES", 8)
    whole = (tmp_path / "p/clips/three.mp4").read_bytes()
    step = (len(whole) - 8) / 63
    place = int(step * 30.5)  # between two samples
    (tmp_path / "p/copy.mp4").write_bytes(whole)
    (tmp_path / "p/damaged.mp4").write_bytes(whole[:place] + bytes([whole[place] ^ 255]) + whole[place + 1 :])
    assert content.video_hash(tmp_path / "p/copy.mp4") == content.video_hash(tmp_path / "p/damaged.mp4")
    os.utime(tmp_path / "p/clips/three.mp4", (1, 1))
    library.index()
    (group,) = library.duplicates(kinds=["exact"]).groups
    assert {group.best.id, *(other.photo.id for other in group.others)} == {"clips/three.mp4", "copy.mp4"}


def test_changed_video_loses_its_old_moments_and_one_that_looks_like_another_is_no_copy(
    library: Collection, tmp_path: Path
):
    make_video(tmp_path / "p/clips/three.mp4", [RED])
    assert library.index().updated == 1
    assert {hit.num_alike for hit in library.answer("red", k=9, group=True).hits} == {0}
    best = library.answer("blue", k=1).hits[0]
    assert best.at_s != 10.0
    assert len(library.catalog.moments.of_photos()[0]) == 2
    assert library.faults() == []


def test_removed_video_is_gone_with_its_moments(library: Collection, tmp_path: Path):
    (tmp_path / "p/clips/three.mp4").unlink()
    assert library.index().removed == 1
    assert {hit.id for hit in library.answer("blue", k=9).hits} == {"red.jpg", "yellow.jpg", "clips/one.mkv"}


def test_moments_are_found_again_by_another_model(library: Collection):
    other = ColourEncoder(fingerprint="colour0000000002", dim=6)
    library.reindex(other)
    assert library.answer("blue", k=1).hits[0].at_s == 10.0
    assert library.faults() == []


def test_unreadable_videos_are_told_and_the_others_indexed(tmp_path: Path, encoder: ColourEncoder):
    folder = tmp_path / "p"
    make_video(folder / "good.mp4", [RED])
    make_sound(folder / "song.m4a").rename(folder / "song.mp4")
    (folder / "empty.mov").touch()
    (folder / "cut.avi").write_bytes(make_video(tmp_path / "whole.avi", [RED]).read_bytes()[:200])
    (folder / "list.mp4").write_text(f"#EXTM3U\n#EXTINF:10,\n{folder / 'good.mp4'}\n#EXT-X-ENDLIST\n")
    photos = Collection.open(folder, model=encoder)
    report = photos.index()
    assert report.images == 1
    reasons = {file.path: file.reason for file in report.skipped}
    assert reasons["song.mp4"] == "a video without pictures, only sound"
    assert reasons["empty.mov"] == "empty file"
    assert reasons["cut.avi"].startswith("damaged or cut off")
    assert reasons["list.mp4"].startswith("damaged or cut off")


def test_without_the_extra_known_videos_stay(library: Collection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    make_video(tmp_path / "p/new.mp4", [RED])
    can_read_videos.cache_clear()
    monkeypatch.setattr(names, "find_spec", lambda _: None)
    try:
        report = library.index()
    finally:
        can_read_videos.cache_clear()
    assert (report.removed, report.unchanged, report.images) == (0, 4, 4)
    assert "new.mp4" in {file.path for file in report.skipped}
    assert library.answer("blue", k=1).hits[0].at_s == 10.0
