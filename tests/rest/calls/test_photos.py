"""Calls that give photos: files, parts of them, thumbnails, what is known."""

import io
import os
from pathlib import Path
from urllib.parse import quote

import pytest
from PIL import Image
from starlette.testclient import TestClient

from rest.served_library import ODD_NAME, PHOTOS, client_of
from twinlens.collection.collection import Collection
from twinlens.collection.describing import tag_suggestions
from twinlens.collection.indexing.scanning.scan import LINK_OUT
from twinlens.everyday.tags import EverydayTags
from twinlens.rest.settings import Settings


def address(image_id: str, *, kind: str = "image", end: str = "") -> str:
    return f"/api/{kind}/{quote(image_id, safe='')}{end}"


@pytest.mark.parametrize("name", [*PHOTOS, "phone.heic", "turned.jpg"])
def test_a_photo_comes_as_it_lies_in_the_library(client: TestClient, indexed: Path, name: str) -> None:
    answer = client.get(address(name))
    assert answer.status_code == 200
    assert answer.content == (indexed / name).read_bytes()
    kind = {".png": "image/png", ".jpg": "image/jpeg", ".heic": "image/heic"}[Path(name).suffix]
    assert answer.headers["content-type"] == kind
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_slashes_need_not_be_encoded(client: TestClient) -> None:
    assert client.get("/api/image/beach/red.png").content == client.get(address("beach/red.png")).content


def test_the_type_follows_the_content_and_never_the_name(library: Path) -> None:
    (library / "beach" / "red.png").rename(library / "beach" / "red.jpg")
    with client_of(library) as client:
        client.post("/api/index")
        assert client.get("/api/image/beach/red.jpg").headers["content-type"] == "image/png"


def test_a_copy_that_the_caller_has_is_not_sent_again(client: TestClient) -> None:
    for path in ("/api/image/black.png", "/api/image/black.png/thumbnail"):
        first = client.get(path)
        again = client.get(path, headers={"If-None-Match": f'W/"other", {first.headers["etag"]}'})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == first.headers["etag"]


def test_a_changed_photo_has_another_etag(library: Path) -> None:
    with client_of(library) as client:
        before = client.get("/api/image/black.png").headers["etag"]
        Image.new("RGB", (30, 30)).save(library / "black.png")
        assert client.get("/api/image/black.png").headers["etag"] != before


def test_parts_of_a_photo_can_be_asked_for(client: TestClient, indexed: Path) -> None:
    whole = (indexed / "black.png").read_bytes()
    part = client.get("/api/image/black.png", headers={"Range": "bytes=10-19"})
    assert (part.status_code, part.content) == (206, whole[10:20])
    assert part.headers["content-range"] == f"bytes 10-19/{len(whole)}"
    end = client.get("/api/image/black.png", headers={"Range": "bytes=-5"})
    assert end.content == whole[-5:]


def test_a_part_beyond_the_end_is_416_and_nonsense_is_ignored(client: TestClient, indexed: Path) -> None:
    size = (indexed / "black.png").stat().st_size
    beyond = client.get("/api/image/black.png", headers={"Range": f"bytes={size}-"})
    assert (beyond.status_code, beyond.json()["error"]["code"]) == (416, "range_not_satisfiable")
    assert beyond.headers["content-range"] == f"bytes */{size}"
    for nonsense in ("bytes", "bytes=a-b", "lines=1-2", "bytes=9-1"):
        assert client.get("/api/image/black.png", headers={"Range": nonsense}).status_code in (200, 416)


def test_a_head_has_headers_and_no_body(client: TestClient, indexed: Path) -> None:
    answer = client.head("/api/image/black.png")
    assert (answer.status_code, answer.content) == (200, b"")
    assert int(answer.headers["content-length"]) == (indexed / "black.png").stat().st_size


def test_a_download_names_the_file(client: TestClient) -> None:
    answer = client.get(address(ODD_NAME), params={"download": "true"})
    assert answer.headers["content-disposition"] == f"attachment; filename*=utf-8''{quote(Path(ODD_NAME).name)}"


@pytest.mark.parametrize(("size", "wanted"), [(16, (16, 11)), (48, (48, 32)), (256, (96, 64))])
def test_a_thumbnail_fits_into_its_size_and_is_never_larger_than_the_photo(
    client: TestClient, size: int, wanted: tuple[int, int]
) -> None:
    answer = client.get("/api/image/black.png/thumbnail", params={"size": size})
    assert answer.headers["content-type"] == "image/jpeg"
    assert Image.open(io.BytesIO(answer.content)).size == wanted


def test_a_thumbnail_is_upright_and_tells_nothing_of_camera_and_place(client: TestClient) -> None:
    picture = Image.open(io.BytesIO(client.get("/api/image/turned.jpg/thumbnail").content))
    assert picture.size == (64, 96)
    assert not picture.getexif()


def test_a_thumbnail_has_256_pixels_unless_asked(client: TestClient) -> None:
    assert client.get("/api/image/black.png/thumbnail").headers["etag"].endswith('-256"')


@pytest.mark.parametrize("size", ["0", "15", "2049", "-1", "ten", "1e9", ""])
def test_a_size_that_is_none_is_refused(client: TestClient, size: str) -> None:
    answer = client.get("/api/image/black.png/thumbnail", params={"size": size})
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "invalid_request")


def test_what_is_known_of_a_photo(client: TestClient, indexed: Path) -> None:
    answer = client.get(address("turned.jpg", kind="photo")).json()
    assert (answer["width"], answer["height"]) == (64, 96)
    assert (answer["camera"], answer["lens"], answer["text"]) == ("Twin Reflex", None, None)
    assert (answer["title"], answer["keywords"], answer["people"], answer["rating"]) == (None, [], [], None)
    assert (answer["taken_at"], answer["date_source"]) == ("2023-06-30T12:00:00", "exif")
    assert client.get(address("black.png", kind="photo")).json()["date_source"] == "file"
    assert client.get(address("beach/red.png", kind="photo")).json()["date_source"] is None
    assert answer["size_bytes"] == (indexed / "turned.jpg").stat().st_size
    assert client.get(address("beach/red.png", kind="photo")).json()["captions"] == ["a red wall", "<b>bold</b> red"]


def test_a_photo_whose_file_is_gone_is_410_without_its_place(library: Path) -> None:
    (library / "black.png").unlink()
    with client_of(library) as client:
        answer = client.get("/api/image/black.png")
        assert (answer.status_code, answer.json()["error"]["code"]) == (410, "photo_gone")
        assert str(library.parent) not in answer.text
        found = client.post("/api/search/image", json={"image_id": "black.png"})
        assert found.status_code == 200  # its vector is still known


def test_a_file_that_could_not_be_indexed_is_not_served(client: TestClient) -> None:
    for name in ("broken.jpg", ".twinlens/catalog.sqlite"):
        assert client.get(address(name)).status_code == 404


def test_thumbnails_are_kept_and_the_room_for_them_is_kept_too(library: Path) -> None:
    with client_of(library, Settings(thumbnails_mb=0.005)) as client:
        for side in range(16, 80):
            assert client.get("/api/image/beach/red.png/thumbnail", params={"size": side}).status_code == 200
        text = client.get("/metrics").text
        client.get("/api/image/beach/red.png/thumbnail", params={"size": 79})
        after = client.get("/metrics").text
    kept = sum(file.stat().st_size for file in (library / ".twinlens" / "thumbnails").glob("*/*"))
    assert 0 < kept <= 5000
    hit = 'twinlens_cache_requests_total{cache="thumbnails",outcome="hit"} 1.0'
    assert hit not in text
    assert hit in after


@pytest.mark.skipif(os.name == "nt", reason="making links needs a right there")
def test_a_photo_that_became_a_link_out_of_the_library_is_refused(library: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside.png"
    (library / "inside.png").symlink_to(library / "beach" / "red.png")
    with Collection.open(library) as collection:
        collection.index()
    (library / "black.png").rename(outside)
    (library / "black.png").symlink_to(outside)
    with client_of(library) as client:
        for end in ("", "/thumbnail"):
            answer = client.get(address("black.png", end=end))
            assert (answer.status_code, answer.json()["error"]["code"]) == (403, "outside_library")
        assert client.get("/api/image/inside.png").status_code == 200
    with Collection.open(library) as collection:
        report = collection.index()
        assert (report.removed, ("black.png", LINK_OUT) in report.skipped) == (1, True)
    with client_of(library) as client:
        assert client.get(address("black.png")).status_code == 404


@pytest.mark.skipif(os.name == "nt", reason="making links needs a right there")
def test_what_is_behind_links_is_served_where_the_collection_follows_them(library: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside.png"
    (library / "black.png").rename(outside)
    (library / "black.png").symlink_to(outside)
    with Collection.open(library) as collection:
        assert collection.index(follow_links=True).removed == 0
        assert collection.index().removed == 0  # the choice is kept
    with client_of(library) as client:
        for end in ("", "/thumbnail"):
            assert client.get(address("black.png", end=end)).status_code == 200
        secret = tmp_path / "secret.txt"
        secret.write_text("not a photo")
        (library / "black.png").unlink()
        (library / "black.png").symlink_to(secret)  # exchanged after it was indexed
        for end in ("", "/thumbnail"):
            answer = client.get(address("black.png", end=end))
            assert (answer.status_code, answer.json()["error"]["code"]) == (403, "outside_library")


def test_a_photo_whose_file_is_gone_is_marked_wherever_it_is_listed(library: Path) -> None:
    (library / "black.png").unlink()
    with client_of(library) as client:
        lists = [
            client.get("/api/photos").json()["results"],
            client.post("/api/search/text", json={"query": "black", "top_k": 100}).json()["results"],
        ]
        assert [client.get(f"/api/photo/{name}").json()["missing"] for name in ("black.png", "turned.jpg")] == [
            True,
            False,
        ]
    for listed in lists:
        assert [one["image_id"] for one in listed if one["missing"]] == ["black.png"]


def test_a_library_whose_folder_is_not_there_is_named_once(library: Path) -> None:
    with client_of(library) as client:
        assert client.post("/api/search/text", json={"query": "black"}).json()["missing_folders"] == []
        for file in library.iterdir():
            if not file.name.startswith("."):
                file.rename(library / f".{file.name}")  # as where an empty mount point is left
        assert client.post("/api/search/text", json={"query": "black"}).json()["missing_folders"] == [library.name]


def test_tags_are_suggested_for_a_photo(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    few = ("a red wall", "a green meadow", "a receipt", "a cat", "a spoon")
    monkeypatch.setattr(tag_suggestions, "descriptions", lambda language="en": few)
    monkeypatch.setattr(
        tag_suggestions,
        "everyday_tags",
        lambda: EverydayTags(["wall, wall", "spoon, spoon"], few),
    )
    told = client.get("/api/image/beach/red.png/tags").json()
    (suggested, *_) = told["suggested"]
    assert (told["image_id"], told["tags"]) == ("beach/red.png", [])
    assert suggested["tag"] in ("wall", "spoon")
    assert suggested["grade"] in ("strong", "likely")
    assert told["language"] == "en"
    german = client.get("/api/image/beach/red.png/tags", headers={"Accept-Language": "de-AT,en;q=0.5"}).json()
    assert (german["suggested"][0]["tag"], german["language"]) == ("Wand", "de")
    french = client.get("/api/image/beach/red.png/tags?language=fr", headers={"Accept-Language": "de"}).json()
    assert (french["suggested"][0]["tag"], french["language"]) == ("mur", "fr")
    for wrong in ("min_grade=sure", "language=xx"):
        assert client.get(f"/api/image/beach/red.png/tags?{wrong}").status_code == 422
    assert client.get("/api/image/gone.png/tags").status_code == 404
