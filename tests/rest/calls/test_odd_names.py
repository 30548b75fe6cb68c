"""Photos whose names contain line breaks, quotes and other marks are served like all others."""

import csv
import io
import os
import zipfile
from collections.abc import Iterator
from urllib.parse import quote, unquote

import pytest
from starlette.testclient import TestClient

from rest.served_library import client_of, draw
from twinlens.api.library import Collection

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows forbids such names")
NAMES = [
    "two\nlines.png",
    "a\nfolder\r/in\r\nit.png",
    "end.png\n.png",
    'quo"te.png',
    "semi;colon.png",
    "50%.png",
    "tab\t.png",
]


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    root = tmp_path_factory.mktemp("odd") / "photos"
    for number, name in enumerate(NAMES):
        draw(root / name, (30 * number, 90, 200), seed=number)
    with Collection.create([root]) as collection:
        collection.index()
    with client_of(root) as client:
        yield client


def test_odd_names_are_found_and_listed(odd: TestClient) -> None:
    found = odd.post("/api/search/text", json={"query": "a wall", "top_k": 20}).json()["results"]
    assert sorted(one["image_id"] for one in found) == sorted(NAMES)
    assert sorted(one["image_id"] for one in odd.get("/api/photos").json()["results"]) == sorted(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_a_photo_of_an_odd_name_is_sent_shown_and_searched_with(odd: TestClient, name: str) -> None:
    address = f"/api/image/{quote(name, safe='')}"
    answer = odd.get(f"{address}?download=true")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/png")
    told = answer.headers["content-disposition"]
    saved = unquote(told.partition("''")[2]) if "''" in told else told.partition('"')[2][:-1]
    assert saved == name.rpartition("/")[2]
    assert odd.get(f"{address}/thumbnail").status_code == 200
    assert odd.head(address).status_code == 200
    assert odd.get(f"/api/photo/{quote(name, safe='')}").json()["image_id"] == name
    assert odd.post("/api/search/image", json={"image_id": name}).status_code == 200
    form = {"image_id": (None, name)}
    assert odd.post("/api/search/image", files=form).status_code == 200
    assert odd.post("/api/favourites", json={"image_ids": [name]}).status_code == 200
    assert name in odd.get("/api/favourites").json()["image_ids"]


def test_downloads_keep_odd_names(odd: TestClient) -> None:
    archive = odd.post("/api/archive", json={"image_ids": NAMES})
    with zipfile.ZipFile(io.BytesIO(archive.content)) as opened:
        assert opened.testzip() is None
        assert sorted(opened.namelist()) == sorted(NAMES)
    listed = odd.post("/api/archive/list", json={"image_ids": NAMES})
    lines = list(csv.DictReader(io.StringIO(listed.content.decode("utf-8-sig"), newline="")))
    assert sorted(next(iter(line.values())) for line in lines) == sorted(NAMES)
