"""Videos over REST: what a search says of them, their frames, their bytes."""

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from starlette.testclient import TestClient

from made_videos import BLUE, RED, make_video
from rest.served_library import client_of
from twinlens.collection.collection import Collection

pytest.importorskip("av")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library of one video: red, then blue."""
    folder = tmp_path_factory.mktemp("served_video") / "p"
    make_video(folder / "two.mp4", [RED, BLUE])
    with Collection.open(folder) as photos:
        photos.index()
    return folder


@pytest.fixture(scope="module")
def videos(folder: Path) -> Iterator[TestClient]:
    with client_of(folder) as client:
        yield client


def colour_of(content: bytes) -> str:
    red, _, blue = Image.open(io.BytesIO(content)).resize((1, 1)).getpixel((0, 0))
    return "red" if red > blue else "blue"


def test_search_and_details_say_how_long_a_video_is_and_where_it_fits(videos: TestClient) -> None:
    (found,) = videos.post("/api/search/text", json={"query": "plain blue"}).json()["results"]
    assert found["duration_s"] == 8.0
    assert found["at_s"] in {1.0, 3.0, 5.0, 7.0}
    assert videos.get("/api/photo/two.mp4").json()["duration_s"] == 8.0
    assert videos.get("/api/photos").json()["results"][0]["duration_s"] == 8.0


def test_thumbnail_is_the_frame_at_a_time(videos: TestClient) -> None:
    frames = [videos.get("/api/image/two.mp4/thumbnail", params={"size": 64, "at": at}) for at in (1, 7, 99)]
    assert [colour_of(frame.content) for frame in frames] == ["red", "blue", "blue"]
    assert len({frame.headers["etag"] for frame in frames}) == 3
    cover = videos.get("/api/image/two.mp4/thumbnail", params={"size": 64})
    assert (cover.status_code, colour_of(cover.content)) == (200, "red")


def test_video_is_sent_with_its_type_and_by_parts(videos: TestClient, folder: Path) -> None:
    whole = videos.get("/api/image/two.mp4")
    assert (whole.headers["content-type"], whole.content) == ("video/mp4", (folder / "two.mp4").read_bytes())
    part = videos.get("/api/image/two.mp4", headers={"Range": "bytes=100-199"})
    assert (part.status_code, part.content) == (206, whole.content[100:200])


def test_negative_time_is_refused(videos: TestClient) -> None:
    assert videos.get("/api/image/two.mp4/thumbnail", params={"at": -1}).status_code == 422


def test_a_part_of_a_moment_is_searched_for(videos: TestClient) -> None:
    def scores(region: str) -> float:
        part = {"image_id": "two.mp4", "region": region}
        answer = videos.post("/api/search/image", json={"images": [part], "include_self": True})
        assert answer.status_code == 200, answer.text
        return float(answer.json()["results"][0]["score"])

    assert scores("0.2,0.2,0.5,0.5@1") == pytest.approx(scores("0.2,0.2,0.5,0.5@3"), abs=0.02)
    assert scores("0.2,0.2,0.5,0.5@7") > 0.5
    assert videos.post("/api/search/image", json={"image_id": "two.mp4", "region": "2,2,30,30"}).status_code == 200
    refused = videos.post("/api/search/image", json={"image_id": "two.mp4", "region": "0,0,1,1@x"})
    assert (refused.status_code, refused.json()["error"]["code"]) == (422, "invalid_query")
