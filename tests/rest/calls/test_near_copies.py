"""Near copies in REST: one result each where that is asked for, and no change for clients that do not ask."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from starlette.testclient import TestClient

from rest.served_library import PHOTOS, client_of
from twinlens.api.library import Collection

COPIED, COPY, SAME = "wood/green.png", "wood/green again.jpg", "wood/green too.png"


@pytest.fixture
def copied(library: Path) -> Iterator[TestClient]:
    """A client of a library in which one photo was saved again, and copied."""
    shutil.copyfile(library / COPIED, library / SAME)
    Image.open(library / COPIED).convert("RGB").save(library / COPY, quality=95)
    with Collection.open(library) as collection:
        collection.index()
        found = collection.answer("green", k=50, group=True)
        assert found.num_entries < found.num_candidates, "some are near copies"
    with client_of(library) as client:
        yield client


def photos(answer: dict) -> list[str]:
    return [one for result in answer["results"] for one in (result["image_id"], *result["alike"])]


def test_a_client_that_does_not_ask_gets_every_photo(copied: TestClient) -> None:
    answer = copied.post("/api/search/text", json={"query": "green", "top_k": 50}).json()
    assert answer["num_results"] == answer["num_candidates"] == answer["num_entries"] > len(PHOTOS)
    assert all(result["num_alike"] == 0 for result in answer["results"])


def test_with_group_each_photo_is_in_one_result(copied: TestClient) -> None:
    each = copied.post("/api/search/text", json={"query": "green", "top_k": 50}).json()
    seen = []
    grouped = copied.post("/api/search/text", json={"query": "green", "top_k": 50, "group": True}).json()
    assert grouped["num_results"] == grouped["num_entries"] < each["num_results"]
    for offset in range(grouped["num_entries"]):
        body = {"query": "green", "top_k": 1, "offset": offset, "group": True}
        seen += photos(copied.post("/api/search/text", json=body).json())
    assert sorted(seen) == sorted(photos(each))


def test_photo_queries_say_that_they_compare_features(copied: TestClient, library: Path) -> None:
    by_id = copied.post("/api/search/image", json={"image_id": COPIED, "top_k": 1}).json()
    assert by_id["space"] == "likeness"
    file = {"file": (library / COPIED).read_bytes()}
    uploaded = copied.post("/api/search/image", files=file, data={"top_k": "2", "group": "true"}).json()
    assert uploaded["space"] == "likeness"
    assert COPIED in photos(uploaded)
    summed = copied.post("/api/search/image", json={"image_id": COPIED, "query": "wood", "top_k": 1}).json()
    assert summed["space"] == "shared"


def test_a_shared_search_has_near_copies_behind_the_first_of_them(copied: TestClient) -> None:
    key = copied.post("/api/shares", json={"query": "green"}).json()["key"]
    share = copied.post("/api/shared", json={"key": key}).json()
    listed = copied.get(f"/api/shared/{share['number']}/photos").json()["photos"]
    first = {one["photo"]: one["num_alike"] for one in listed if one["behind"] is None}
    behind = [one["behind"] for one in listed if one["behind"] is not None]
    assert (share["num_photos"], share["num_entries"]) == (len(listed), len(first))
    assert behind, "the copy is found, too"
    assert {name: behind.count(name) for name in first} == first
    names = [one["behind"] or one["photo"] for one in listed]
    assert names == sorted(names, key=names.index), "they follow it at once"
    by_hand = copied.post("/api/shares", json={"image_ids": [COPIED, SAME]}).json()["key"]
    chosen = copied.post("/api/shared", json={"key": by_hand}).json()
    assert (chosen["num_photos"], chosen["num_entries"]) == (2, 2), "what somebody chose is not folded"
