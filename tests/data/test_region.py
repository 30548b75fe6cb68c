from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from twinlens.data.region import Region, parse_region
from twinlens.errors import QueryError, RegionError

PHOTO = Image.fromarray(np.arange(60 * 100, dtype=np.uint16).reshape(60, 100).astype(np.uint8))


@pytest.mark.parametrize(
    "text", ["0.1,0.5,0.4,0.25", "10%,50%,40%,25%", " 10 , 30 , 40 , 15 ", ".1,.5,.4,.25", "10%, 50.0%, 40.%, 25%"]
)
def test_fractions_per_cent_and_pixels_mean_the_same_part(text: str) -> None:
    cut = parse_region(text).cut(PHOTO)
    assert np.array_equal(np.asarray(cut), np.asarray(PHOTO)[30:45, 10:50])


def test_the_whole_photo_is_a_region() -> None:
    assert parse_region("0,0,1,1").cut(PHOTO).size == parse_region("0,0,100,60").cut(PHOTO).size == (100, 60)


def test_what_ends_a_little_outside_ends_at_the_edge() -> None:
    assert parse_region("0.5,0.5,0.504,0.5").cut(PHOTO).size == (50, 30)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1,2,3",
        "1,2,3,4,5",
        "a,b,c,d",
        "-1,0,5,5",
        "0.1,0.1,50%,50%",
        "nan,0,1,1",
        "1e3,0,1,1",
        "0,0,inf,1",
        "0;0;1;1",
    ],
)
def test_what_is_no_region_is_refused_with_the_three_ways_to_write_one(text: str) -> None:
    with pytest.raises(QueryError, match=r"fractions \(.*per cent \(.*pixels \("):
        parse_region(text)


@pytest.mark.parametrize(
    ("text", "fault"),
    [("0,0,0,0.5", "is empty"), ("0.6,0,0.6,1", "ends outside"), ("50%,50%,60%,10%", "at most 100")],
)
def test_a_region_of_no_photo_is_refused_before_any_is_opened(text: str, fault: str) -> None:
    with pytest.raises(QueryError, match=fault):
        parse_region(text)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("90,0,40,40", r"ends outside of it: it has 100 × 60 pixels"),
        ("0,0,0.02,0.5", r"only 2 × 30 pixels, at least 8"),
    ],
)
def test_a_region_that_this_photo_lacks_is_told_with_the_photos_size(text: str, fault: str) -> None:
    with pytest.raises(RegionError, match=fault):
        parse_region(text).cut(PHOTO)


@given(text=st.text(alphabet="0123456789.,% -e", max_size=30))
def test_anything_else_is_a_region_or_refused_in_our_words(text: str) -> None:
    try:
        region = parse_region(text)
    except QueryError:
        return
    assert isinstance(region, Region)
    assert parse_region(str(region)).unit in ("fraction", "percent", "pixel")


def test_of_a_video_a_time_may_follow() -> None:
    region = parse_region("0.1,0.2,0.5,0.5@83.5")
    assert (region.at_s, str(region), region.at_ms(Path("clip.mp4"))) == (83.5, "0.1,0.2,0.5,0.5@83.5", 83_500)
    assert parse_region("0,0,1,1").at_ms(b"") is None
    for source in (Path("photo.jpg"), b"content", PHOTO):
        with pytest.raises(RegionError, match="is of a moment of a video, and this is none"):
            region.at_ms(source)
    for text in ("0,0,1,1@", "0,0,1,1@1:23", "0,0,1,1@-1", "0,0,1,1@5%", "@5"):
        with pytest.raises(QueryError, match="a time in seconds may follow"):
            parse_region(text)
