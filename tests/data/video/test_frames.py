"""Frames of a video: where to look, what comes, and what is refused."""

from pathlib import Path

import numpy as np
import pytest

from made_videos import BLACK, BLUE, RED, make_sound, make_video, turn_quarter
from twinlens.data.guarded.photos import plain
from twinlens.data.video.frames import MOST_LOOKS, cover, looks_ms, moments
from twinlens.errors import PhotoError

pytest.importorskip("av")


@pytest.mark.parametrize(
    ("seconds", "looks"), [(0.5, 1), (10, 4), (60, 12), (300, 60), (900, 60), (3600, 240), (36_000, MOST_LOOKS)]
)
def test_short_videos_are_looked_at_more_often_and_long_ones_at_most_so_often(seconds: float, looks: int) -> None:
    places = looks_ms(int(seconds * 1000))
    assert len(places) == looks
    assert places == sorted(places)
    assert 0 < places[0] < places[-1] + 1 <= seconds * 1000


def test_details_come_from_the_container(tmp_path: Path) -> None:
    told = {
        "com.apple.quicktime.creationdate": "2023-06-01T12:00:00+0200",
        "location": "+48.8577+002.2950/",
        "com.apple.quicktime.make": "Apple",
        "com.apple.quicktime.model": "iPhone 14",
    }
    _, details = cover(str(make_video(tmp_path / "a.mp4", [RED], metadata=told)), plain, None)
    assert (details.taken_at, details.utc_offset_minutes) == ("2023-06-01T12:00:00", 120)
    assert (details.latitude, details.longitude, details.camera) == (48.8577, 2.295, "Apple iPhone 14")
    assert (details.width, details.height, details.duration_ms) == (64, 48, 4000)


@pytest.mark.parametrize("date", ["1970-01-01T00:00:00.000000Z", "1904-01-01T00:00:00Z"])
def test_clock_that_was_never_set_tells_no_date(tmp_path: Path, date: str) -> None:
    video = make_video(tmp_path / "a.mp4", [RED], metadata={"creation_time": date})
    assert cover(str(video), plain, None)[1].taken_at is None


def test_video_that_was_held_upright_is_shown_upright(tmp_path: Path) -> None:
    halves = np.zeros((48, 64, 3), dtype=np.uint8)
    halves[:, :32], halves[:, 32:] = RED, BLUE
    turn_quarter(make_video(tmp_path / "a.mp4", [halves]))
    image, details = cover(str(tmp_path / "a.mp4"), plain, None)
    pixels = np.asarray(image)
    assert pixels.shape == (64, 48, 3)
    assert (details.width, details.height) == (48, 64)
    assert (pixels[4, 24, 0] > 150, pixels[-4, 24, 2] > 150) == (True, True)


def test_each_time_finds_its_own_frame_again(tmp_path: Path) -> None:
    path = str(make_video(tmp_path / "a.mkv", [RED, BLUE], rate=30, codec="libx264"))
    seen = moments(path, looks_ms(8000), np.asarray, None)
    assert len(seen) == 4
    for at_ms, pixels in seen:
        assert np.array_equal(cover(path, np.asarray, None, at_ms)[0], pixels)


def test_black_beginning_does_not_stand_for_a_video(tmp_path: Path) -> None:
    stripes = np.zeros((48, 64, 3), dtype=np.uint8)
    stripes[::2] = RED
    image, _ = cover(str(make_video(tmp_path / "a.mp4", [BLACK, stripes, stripes])), plain, None)
    assert np.asarray(image).max() > 100


def test_what_stands_for_a_video_is_drawn_as_small_as_is_enough(tmp_path: Path) -> None:
    video = make_video(tmp_path / "a.mp4", [RED], size=(640, 480))
    image, details = cover(str(video), plain, 50)
    assert image.size == (94, 70)
    assert (details.width, details.height) == (640, 480)


def test_truncated_video_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    noise = [np.random.default_rng(seed).integers(0, 255, (48, 64, 3), dtype=np.uint8) for seed in range(8)]
    content = make_video(tmp_path / "a.mkv", noise).read_bytes()
    (tmp_path / "cut.mkv").write_bytes(content[: len(content) // 2])
    _, details = cover(str(tmp_path / "cut.mkv"), plain, None)
    assert details.width == 64
    times = [at_ms for at_ms, _ in moments(str(tmp_path / "cut.mkv"), looks_ms(32_000), np.asarray, None)]
    assert 0 < len(times) < 8


@pytest.mark.parametrize("ending", ["mp4", "mkv", "avi"])
def test_damaged_videos_are_refused_in_words_or_read(tmp_path: Path, ending: str) -> None:
    content = make_video(tmp_path / f"a.{ending}", [RED, BLUE]).read_bytes()
    draw = np.random.default_rng(0)
    read, reasons = 0, []
    for _ in range(40):
        damaged = bytearray(content)
        for place in draw.integers(0, len(content), 8):
            damaged[place] = draw.integers(0, 256)
        path = tmp_path / f"b.{ending}"
        path.write_bytes(damaged[: draw.integers(1, len(content) + 1)])
        try:
            moments(str(path), looks_ms(cover(str(path), plain, None)[1].duration_ms)[:20], np.asarray, None)
            read += 1
        except PhotoError as error:
            reasons.append(str(error))
    assert read < 40
    assert not [reason for reason in reasons if "\n" in reason or not reason]


def test_sound_alone_is_no_video(tmp_path: Path) -> None:
    with pytest.raises(PhotoError, match="only sound"):
        cover(str(make_sound(tmp_path / "a.m4a")), plain, None)


def test_playlist_under_the_name_of_a_video_opens_no_other_file(tmp_path: Path) -> None:
    video = make_video(tmp_path / "a.mp4", [RED])
    (tmp_path / "list.mp4").write_text(f"#EXTM3U\n#EXTINF:10,\n{video}\n#EXT-X-ENDLIST\n")
    with pytest.raises(PhotoError):
        cover(str(tmp_path / "list.mp4"), plain, None)
