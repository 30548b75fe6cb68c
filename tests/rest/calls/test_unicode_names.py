"""Photos whose names are no Unicode, or differ in its form, are found, opened and marked by their ids."""

import io
import os
import sys
import unicodedata
import zipfile
from collections.abc import Iterator
from urllib.parse import quote

import pytest
from starlette.testclient import TestClient

from rest.served_library import client_of, draw
from twinlens.api.library import Collection

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="names are bytes on Linux only")
BYTES, TAB = r"\xe9t\xe9/caf\xe9.png", "tab\t.png"
UMLAUT = unicodedata.normalize("NFD", "Grüße/Bär.png")
NAMES = {BYTES: b"\xe9t\xe9/caf\xe9.png", TAB: TAB.encode(), UMLAUT: UMLAUT.encode()}


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    root = tmp_path_factory.mktemp("odd") / "photos"
    for number, name in enumerate(NAMES.values()):
        draw(root / os.fsdecode(name), (60 * number, 30, 200 - 60 * number), seed=number)
    with Collection.create([root]) as collection:
        collection.index()
    with client_of(root) as client:
        yield client


def address(image_id: str, kind: str = "image", then: str = "") -> str:
    return f"/api/{kind}/{quote(image_id, safe='')}{then}"


def test_ids_are_valid_unicode_and_lead_to_the_photo(odd: TestClient) -> None:
    found = odd.post("/api/search/text", json={"query": "red", "top_k": 9}).json()["results"]
    assert {one["image_id"] for one in found} == set(NAMES) == {one["image_path"] for one in found}
    for image_id in NAMES:
        for path in (address(image_id), address(image_id, then="/thumbnail"), address(image_id, "photo")):
            assert odd.get(path).status_code == 200
        similar = odd.post("/api/search/image", json={"image_id": image_id, "top_k": 9})
        assert {one["image_id"] for one in similar.json()["results"]} == set(NAMES) - {image_id}
    assert {photo["image_id"] for photo in odd.get("/api/photos").json()["results"]} == set(NAMES)
    assert set(odd.get("/api/map").json()["image_ids"]) == set(NAMES)
    assert "caf" in odd.get(address(BYTES), params={"download": True}).headers["content-disposition"]


def test_tags_are_given_by_any_id(odd: TestClient) -> None:
    assert odd.post("/api/tags", json={"image_ids": list(NAMES), "tags": ["odd"]}).json()["changed"] == len(NAMES)
    for image_id in NAMES:
        assert odd.get(address(image_id, "photo")).json()["tags"] == ["odd"]
    away = {"image_ids": list(NAMES), "tags": ["odd"], "is_tagged": False}
    assert odd.post("/api/tags", json=away).json()["changed"] == len(NAMES)


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_the_unicode_form_of_an_id_does_not_matter(odd: TestClient, form: str) -> None:
    asked = unicodedata.normalize(form, UMLAUT)
    assert odd.get(address(asked)).content == odd.get(address(UMLAUT)).content
    assert odd.get(address(asked, "photo")).json()["image_id"] == UMLAUT
    found = odd.post("/api/search/image", json={"image_id": asked, "top_k": 9}).json()["results"]
    assert UMLAUT not in [one["image_id"] for one in found]
    assert odd.post("/api/favourites", json={"image_ids": [asked]}).json()["changed"] == 1
    assert odd.get("/api/favourites").json()["image_ids"] == [UMLAUT]
    assert odd.post("/api/favourites", json={"image_ids": [asked], "is_favourite": False}).json()["changed"] == 1
    folder = asked.partition("/")[0]
    assert odd.get("/api/photos", params={"folder": folder}).json()["num_candidates"] == 1


def test_folders_are_filtered_as_they_are_listed(odd: TestClient) -> None:
    folders = [one["name"] for one in odd.get("/api/collection").json()["folders"]]
    assert folders == sorted([r"\xe9t\xe9", UMLAUT.partition("/")[0]])
    for folder in folders:
        assert odd.get("/api/photos", params={"folder": folder}).json()["num_candidates"] == 1
    for folder in ("\\etc", "\\\\server\\photos", r"\xe8t"):
        refused = odd.get("/api/photos", params={"folder": folder})
        assert (refused.status_code, refused.json()["error"]["code"]) == (404, "unknown_folder")


def test_odd_names_stay_inside_a_downloaded_archive(odd: TestClient) -> None:
    data = odd.post("/api/archive", json={"image_ids": list(NAMES)}).content
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.namelist() == [name.replace("\\", "_") for name in NAMES]
    lines = odd.post("/api/archive/list", json={"image_ids": list(NAMES)}).text
    assert all(name in lines for name in NAMES)
