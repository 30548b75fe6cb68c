"""Duplicates in REST: groups with their evidence, by page; a long search says how far it is."""

import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from starlette.testclient import TestClient

from rest.served_library import client_of
from twinlens.api.library import Collection
from twinlens.errors import CollectionError
from twinlens.rest.engine import duplicate_search

PHOTO, EXACT, NEAR = "wood/tiles.png", "backup/tiles.png", "wood/saved again.jpg"


@pytest.fixture(scope="module")
def folder(indexed: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library with a copy of a photo, and one that was saved again."""
    root = Path(shutil.copytree(indexed, tmp_path_factory.mktemp("copied") / "photos"))
    (root / "backup").mkdir()
    tiles = np.random.default_rng(0).integers(0, 256, size=(6, 8, 3), dtype=np.uint8)
    photo = Image.fromarray(tiles).resize((320, 240), Image.Resampling.BICUBIC)
    photo.save(root / PHOTO)
    shutil.copyfile(root / PHOTO, root / EXACT)
    photo.save(root / NEAR, quality=95)
    with Collection.open(root) as collection:
        collection.index()
    return root


@pytest.fixture
def copied(folder: Path) -> Iterator[TestClient]:
    """A client of a server that has not looked for duplicates yet."""
    with client_of(folder) as client:
        yield client


def asked(client: TestClient, **fields: Any) -> dict[str, Any]:
    """The groups, once they are found."""
    while (answer := client.get("/api/duplicates", params=fields).json())["stage"] == "running":
        assert answer["groups"] == []
    return answer  # type: ignore[no-any-return]


def test_groups_have_their_evidence_and_what_is_known_of_each_file(copied: TestClient) -> None:
    copied.post("/api/favourites", json={"image_ids": [EXACT]})
    answer = asked(copied)
    assert answer["has_features"] is True
    assert answer["kinds"]["exact"] == 1
    (group,) = [one for one in answer["groups"] if EXACT in str(one)]
    files = {one["image_id"]: one for one in [group["best"], *group["others"]]}
    assert {PHOTO, EXACT, NEAR} <= set(files)
    assert {files[name]["date_source"] for name in (PHOTO, EXACT, NEAR)} == {"file"}
    (exact,) = [one for one in group["others"] if one["kind"] == "exact"]
    assert (exact["of"], exact["figures"], exact["width"]) in (
        (PHOTO, {}, group["best"]["width"]),
        (EXACT, {}, group["best"]["width"]),
    )
    assert files[EXACT]["is_favourite"]
    assert not files[PHOTO]["is_favourite"]
    assert {"bits", "likeness"} <= set(files[NEAR]["figures"])


def test_groups_come_by_kind_and_by_page(copied: TestClient) -> None:
    everything = asked(copied)
    exact = asked(copied, kind="exact")
    assert exact["num_groups"] == 1
    assert [one["kind"] for one in exact["groups"][0]["others"]] == ["exact"]
    assert exact["kinds"] == everything["kinds"]
    pages = [asked(copied, offset=offset, limit=1)["groups"] for offset in range(everything["num_groups"])]
    assert [one for page in pages for one in page] == everything["groups"]
    assert asked(copied, offset=everything["num_groups"])["groups"] == []


def test_a_search_that_takes_long_says_how_far_it_is_and_is_kept(
    copied: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    may_end, runs = threading.Event(), []
    collection = copied.app.state.engine.collection  # type: ignore[attr-defined]
    find = collection.duplicates

    def slow(*, on_progress: Any) -> Any:
        runs.append(1)
        on_progress(3, 7)
        may_end.wait()
        return find()

    monkeypatch.setattr(collection, "duplicates", slow)
    monkeypatch.setattr(duplicate_search, "WAIT_S", 0.05)
    first = copied.get("/api/duplicates").json()
    assert (first["stage"], first["groups"]) == ("running", [])
    while (later := copied.get("/api/duplicates").json())["done"] == 0:
        pass
    assert (later["stage"], later["done"], later["total"]) == ("running", 3, 7)
    may_end.set()
    assert asked(copied)["num_groups"] >= 1
    assert asked(copied)["num_groups"] >= 1
    assert len(runs) == 1


def test_a_search_that_fails_is_told_and_the_next_call_tries_again(
    copied: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    collection = copied.app.state.engine.collection  # type: ignore[attr-defined]
    find, faults = collection.duplicates, [CollectionError("the catalog is locked")]

    def once(**arguments: Any) -> Any:
        if faults:
            raise faults.pop()
        return find(**arguments)

    monkeypatch.setattr(collection, "duplicates", once)
    assert copied.get("/api/duplicates").status_code == 503
    assert asked(copied)["num_groups"] >= 1


@pytest.mark.parametrize("fields", [{"kind": "same"}, {"offset": -1}, {"limit": 0}, {"limit": 1000}])
def test_a_page_that_is_none_is_refused(client: TestClient, fields: dict[str, Any]) -> None:
    assert client.get("/api/duplicates", params=fields).status_code == 422
