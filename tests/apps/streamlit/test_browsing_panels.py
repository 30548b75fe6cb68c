"""Photos by date and by place in the app, here and on a server; a moment of a video as a query."""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from PIL import ExifTags, Image

from apps.conftest import OpenPage
from apps.streamlit.test_streamlit_app import results
from made_videos import BLUE, RED, make_video
from rest.conftest import Serve, serve  # noqa: F401 — a fixture
from twinlens.api.library import Area, Collection, View, find_existing
from twinlens.apps.libraries.library import AskedPicture, SearchOptions
from twinlens.apps.libraries.local.local_library import LocalLibrary
from twinlens.apps.libraries.served.rest_client import RestClient
from twinlens.apps.libraries.served.served_library import ServedLibrary
from twinlens.apps.streamlit.browsing.outline import land
from twinlens.apps.streamlit.browsing.places import EARTH, view_of

ROME, PARIS = (41.9, 12.5), (48.85, 2.35)
TAKEN = {"rome.jpg": ("2023:06:01 12:00:00", ROME), "paris.jpg": ("2023:08:01 12:00:00", PARIS)}
TAKEN["old.jpg"] = ("2019:01:01 12:00:00", PARIS)


def taken(path: Path, time: str, place: tuple[float, float]) -> None:
    exif = Image.Exif()
    exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.DateTimeOriginal] = time
    gps = exif.get_ifd(ExifTags.IFD.GPSInfo)
    gps[ExifTags.GPS.GPSLatitude], gps[ExifTags.GPS.GPSLatitudeRef] = (place[0], 0.0, 0.0), "N"
    gps[ExifTags.GPS.GPSLongitude], gps[ExifTags.GPS.GPSLongitudeRef] = (place[1], 0.0, 0.0), "E"
    colour = (len(path.name) * 20, 90, 160)
    Image.new("RGB", (64, 48), colour).save(path, exif=exif)


@pytest.fixture(scope="module")
def journey(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three photos with a date and a position, and a video with neither."""
    folder = tmp_path_factory.mktemp("journey") / "photos"
    make_video(folder / "two.mp4", [RED, BLUE])
    for name, (time, place) in TAKEN.items():
        taken(folder / name, time, place)
    for name, colour in (("red.png", RED), ("blue.png", BLUE)):
        Image.new("RGB", (64, 48), colour).save(folder / name)
    with Collection.create([folder]) as collection:
        collection.index()
    return folder


@pytest.fixture
def library(journey: Path) -> Iterator[LocalLibrary]:
    opened = LocalLibrary(find_existing(journey))
    yield opened
    opened.close()


@pytest.mark.server
def test_a_server_tells_the_same_months_places_and_moments(
    library: LocalLibrary,
    journey: Path,
    serve: Serve,  # noqa: F811
) -> None:
    options, view = SearchOptions(filters={"type": "jpg"}), View(Area(-20, 30, 40, 60), 4)
    assert library.months(options) == [("2023-08", 1), ("2023-06", 1), ("2019-01", 1)]
    here = library.places(view, options)
    assert [(one.num_photos, round(one.latitude, 1)) for one in here.clusters] == [(2, 48.9), (1, 41.9)]
    like_red = [AskedPicture(photo_id="two.mp4", region="0%,0%,100%,100%@1")]
    like_blue = [AskedPicture(photo_id="two.mp4", region="0%,0%,100%,100%@6")]
    pictures = SearchOptions(filters={"type": "png"})
    with serve(journey) as served:
        there = ServedLibrary(RestClient(served.url))
        assert there.months(options) == library.months(options)
        placed = there.places(view, options)
        assert [(one.num_photos, one.cover, str(one.area)) for one in placed.clusters] == [
            (one.num_photos, one.cover, str(one.area)) for one in here.clusters
        ]
        assert (placed.num_photos, placed.num_placed, str(placed.extent)) == (3, 3, str(here.extent))
        for place in (library, there):
            assert place.photo("two.mp4").duration_s == 8.0
            assert place.by_pictures(like_red, pictures).hits[0].id == "red.png"
            assert place.by_pictures(like_blue, pictures).hits[0].id == "blue.png"
            assert place.thumbnail("two.mp4", at_s=1.0) != place.thumbnail("two.mp4", at_s=6.0)


def test_what_is_chosen_in_the_panels_narrows_the_photos_until_it_is_taken_back(
    open_page: OpenPage, journey: Path
) -> None:
    page = open_page(collection=str(journey))
    page.session_state["browse"] = "By date"
    page.session_state["chosen period"] = "2023"
    page.run()
    assert not page.exception
    assert sorted(results(page)) == ["paris.jpg", "rome.jpg"]
    page.session_state["browse"] = "By place"
    page.run()
    assert any("2 of 2 photos with a place" in one.value for one in page.caption)
    (paris,) = [one for one in page.button if (one.key or "").startswith("area") and "France" in one.label]
    paris.click().run()
    assert results(page) == ["paris.jpg"]
    page.button("all dates").click().run()
    assert sorted(results(page)) == ["old.jpg", "paris.jpg"]
    page.button("everywhere").click().run()
    assert len(results(page)) == 6


def test_a_map_shows_the_whole_area_and_land_of_which_the_sea_is_no_part() -> None:
    for area in (Area(2.2, 48.7, 12.6, 49.0), Area(170, -20, -170, 10), EARTH):
        seen, _ = view_of(area)
        assert seen.south <= area.south or seen.south < -84
        assert (seen.east - seen.west) % 360 >= (area.east - area.west) % 360 or seen == EARTH
    rings = [polygon[0] for polygon in land()["geometry"]["coordinates"]]
    assert all(ring[0] == ring[-1] for ring in rings)

    def is_land(x: float, y: float) -> bool:
        crossed = 0
        for ring in rings:
            for (x1, y1), (x2, y2) in pairwise(ring):
                crossed += (y1 > y) != (y2 > y) and x < x1 + (y - y1) / (y2 - y1) * (x2 - x1)
        return crossed % 2 == 1

    assert [is_land(*place) for place in ((2.35, 48.85), (-100, 40), (-40, 30), (100, -40))] == [
        True,
        True,
        False,
        False,
    ]
