"""Calls that give photos to take along."""

import csv
import io
import zipfile
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from rest.served_library import ODD_NAME, client_of
from twinlens.rest.calls.archive import MOST_TAKEN


@pytest.mark.parametrize("path", ["/api/favourites", "/api/archive", "/api/archive/list", "/api/archive/gallery"])
@pytest.mark.parametrize("body", [{}, {"image_ids": []}, {"image_ids": [""]}, {"image_ids": "x"}, {"ids": ["x"]}])
def test_bodies_that_name_no_photo_are_refused(client: TestClient, path: str, body: object) -> None:
    assert client.post(path, json=body).status_code == 422


def test_an_archive_holds_the_files(client: TestClient, indexed: Path) -> None:
    answer = client.post("/api/archive", json={"image_ids": ["beach/red.png", ODD_NAME]})
    assert answer.headers["content-type"] == "application/zip"
    assert answer.headers["content-disposition"] == 'attachment; filename="photos.zip"'
    archive = zipfile.ZipFile(io.BytesIO(answer.content))
    assert archive.read("beach/red.png") == (indexed / "beach" / "red.png").read_bytes()
    assert archive.namelist() == ["beach/red.png", ODD_NAME]


def test_a_list_has_what_is_known(client: TestClient) -> None:
    answer = client.post("/api/archive/list", json={"image_ids": ["beach/red.png", "turned.jpg"]})
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert rows[0]["captions"] == "a red wall | <b>bold</b> red"
    assert rows[1]["camera"] == "Twin Reflex"
    assert answer.headers["content-type"].startswith("text/csv")


def test_what_is_not_there_is_named_in_the_archive_and_left_out_of_the_list(client: TestClient) -> None:
    asked = {"image_ids": ["black.png", "nothing.png", "black.png", "../captions.csv"]}
    archive = zipfile.ZipFile(io.BytesIO(client.post("/api/archive", json=asked).content))
    assert archive.namelist() == ["black.png", "left out.txt"]
    said = archive.read("left out.txt").decode()
    assert "nothing.png" in said
    assert "../captions.csv" in said
    answer = client.post("/api/archive/list", json=asked)
    assert answer.headers["content-disposition"] == 'attachment; filename="photos.csv"'
    assert len(list(csv.DictReader(io.StringIO(answer.text)))) == 1


def test_more_photos_than_one_call_takes_are_refused(client: TestClient) -> None:
    for path in ("/api/archive", "/api/archive/list"):
        assert client.post(path, json={"image_ids": ["x"] * (MOST_TAKEN + 1)}).status_code == 422


def test_photos_whose_files_are_gone_are_left_out_and_counted(library: Path) -> None:
    (library / "black.png").unlink()
    asked = {"image_ids": ["black.png", "beach/red.png"]}
    with client_of(library) as client:
        listed, archive = client.post("/api/archive/list", json=asked), client.post("/api/archive", json=asked)
    assert [row["image_id"] for row in csv.DictReader(io.StringIO(listed.text))] == ["beach/red.png"]
    assert zipfile.ZipFile(io.BytesIO(archive.content)).namelist() == ["beach/red.png", "left out.txt"]
    assert listed.headers["x-left-out"] == archive.headers["x-left-out"] == "1"


def test_nothing_is_left_out_of_what_is_whole(client: TestClient) -> None:
    assert client.post("/api/archive/list", json={"image_ids": ["black.png"]}).headers["x-left-out"] == "0"


def test_a_gallery_is_one_file_with_pictures_and_captions_as_text(client: TestClient) -> None:
    asked = {"image_ids": ["beach/red.png", ODD_NAME, "nothing.png"], "heading": "Red & <more>"}
    answer = client.post("/api/archive/gallery", json=asked)
    assert answer.headers["content-disposition"] == 'attachment; filename="photos.html"'
    assert answer.headers["x-left-out"] == "1"
    assert answer.text.count("data:image/jpeg;base64,") == 2
    assert "<h1>Red &amp; &lt;more&gt;</h1>" in answer.text
    assert "a red wall" in answer.text
    assert "<script>" not in answer.text
