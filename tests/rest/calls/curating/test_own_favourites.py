"""Favourites of one's own: nothing that anybody else is answered tells of them."""

import io
import json
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from rest.served_library import ODD_NAME, client_of, code
from twinlens.rest.settings import Settings

KEYS = {name: f"a-long-key-of-{name}" for name in ("ana", "ben", "family", "guest")}
FILE = f"""
[ana]
key = "{KEYS["ana"]}"
scopes = ["search", "curate"]
favourites = "own"

[ben]
key = "{KEYS["ben"]}"
scopes = ["search", "curate"]
favourites = "own"

[family]
key = "{KEYS["family"]}"
scopes = ["search", "curate"]

[guest]
key = "{KEYS["guest"]}"
favourites = "own"
"""
RED, BLACK, GREEN = "beach/red.png", "black.png", "wood/green.png"
WHOSE = {"ana": {BLACK, GREEN}, "ben": {ODD_NAME}, "family": {RED}}
SPELLINGS = ("favourite:yes", "favourites:yes", "favorite:yes", "favorites:yes", "NOT favourite:no", "-favourite:no")
CHANGES_ANYWAY = ("seconds", "elapsed", "_ms", "made_at", "generation", "uptime_s")


@pytest.fixture
def several(library: Path, tmp_path: Path) -> Iterator[TestClient]:
    (tmp_path / "keys.toml").write_text(FILE, encoding="utf-8")
    files = {"keys_file": str(tmp_path / "keys.toml"), "state_folder": str(tmp_path / "state")}
    with client_of(library, Settings(**files, audit_log=str(tmp_path / "audit.jsonl"))) as made:
        yield made


def mark(client: TestClient, name: str, photos: set[str], **more: Any) -> Any:
    body = {"image_ids": sorted(photos), **more}
    return client.post("/api/favourites", json=body, headers={"X-API-Key": KEYS[name]})


def asked(client: TestClient, name: str, path: str, **options: Any) -> Any:
    answer = client.request(options.pop("method", "GET"), path, headers={"X-API-Key": KEYS[name]}, **options)
    assert answer.status_code == 200, (path, answer.text)
    return answer


def marked_in(told: Any) -> set[str]:
    """Ids with a mark, wherever they are in an answer; the map has lists of them."""
    if isinstance(told, list):
        return set().union(*map(marked_in, told)) if told else set()
    if not isinstance(told, dict):
        return set()
    found = set().union(*map(marked_in, told.values())) if told else set()
    if isinstance(told.get("is_favourite"), list):
        return found | {
            one for one, is_marked in zip(told["image_ids"], told["is_favourite"], strict=True) if is_marked
        }
    return found | ({told["image_id"]} if told.get("is_favourite") else set())


def ids_in(answer: Any) -> set[str]:
    return {one["image_id"] for one in answer.json()["results"]}


def text(query: str, **more: Any) -> dict[str, Any]:
    return {"method": "POST", "json": {"query": query, "top_k": 50, **more}}


def test_everybody_sees_and_finds_the_marks_of_their_own(several: TestClient, library: Path) -> None:
    for name, photos in WHOSE.items():
        assert mark(several, name, photos).json() == {"changed": len(photos), "num_favourites": len(photos)}
    picture = {"files": {"file": ("x.png", (library / BLACK).read_bytes())}, "data": {"favourites": "true"}}
    for name, own in WHOSE.items():
        assert set(asked(several, name, "/api/favourites").json()["image_ids"]) == own
        for path in ("/api/photos", "/api/map", "/api/duplicates?kind=series"):
            told = asked(several, name, path).json()
            assert marked_in(told) <= own, path
        assert marked_in(asked(several, name, "/api/photos?top_k=50").json()) == own
        assert marked_in(asked(several, name, "/api/map").json()) == own
        assert marked_in(asked(several, name, "/api/search/text", **text("a photo")).json()) == own
        assert {one for one in [RED, BLACK, GREEN, ODD_NAME] if _is_marked(several, name, one)} == own
        for spelling in SPELLINGS:
            assert ids_in(asked(several, name, "/api/search/text", **text(spelling))) == own, spelling
            found = asked(several, name, "/api/map", params={"query": spelling})
            assert set(found.json()["image_ids"]) == own, spelling
        assert ids_in(asked(several, name, "/api/search/text", **text("a photo", favourites=True))) == own
        assert ids_in(asked(several, name, "/api/search/image", method="POST", **picture)) == own
        assert set(asked(several, name, "/api/map?favourites=true").json()["image_ids"]) == own
        assert ids_in(asked(several, name, "/api/photos?favourites=true")) == own
        months = asked(several, name, "/api/months?favourites=true").json()
        assert months["num_candidates"] == len(own)
        batch = {"method": "POST", "json": {"queries": ["favourite:yes", "favourite:no"], "top_k": 50}}
        yes, no = asked(several, name, "/api/search/batch", **batch).json()["answers"]
        assert {one["image_id"] for one in yes["results"]} == own
        assert not own & {one["image_id"] for one in no["results"]}
    assert asked(several, "guest", "/api/favourites").json()["image_ids"] == []
    assert code(mark(several, "guest", {RED})) == "missing_scope", "marks of one's own need the scope, too"


def _is_marked(client: TestClient, name: str, photo: str) -> bool:
    return bool(
        asked(client, name, f"/api/photo/{photo}".replace("#", "%23").replace("?", "%3F")).json()["is_favourite"]
    )


def test_no_answer_to_others_changes_by_a_mark(several: TestClient) -> None:
    mark(several, "ben", {RED})
    asked(several, "ben", "/api/albums/saved", method="POST", json={"name": "Loved", "query": "favourite:yes"})
    everything = [BLACK, GREEN, RED, ODD_NAME]
    paths = several.get("/openapi.json").json()["paths"]
    lists = [path for path, calls in paths.items() if path.startswith("/api/") and "get" in calls and "{" not in path]
    calls: list[tuple[str, dict[str, Any]]] = [
        *((path, {"params": _parameters(paths[path]["get"])}) for path in lists),
        *((path, {"params": _parameters(paths[path]["get"]) | {"favourites": "true"}}) for path in lists),
        *(("/api/suggest", {"params": {"q": typed}}) for typed in ("", "fav", "favourite:", "bl")),
        *(("/api/search/text", text(query)) for query in ("a wall", "a wall -favourite:yes", "album:Loved")),
        ("/api/search/text", text("a wall", explain=True, favourites=True)),
        ("/api/archive", {"method": "POST", "json": {"image_ids": everything}}),
        ("/api/archive/list", {"method": "POST", "json": {"image_ids": everything}}),
        ("/api/archive/gallery", {"method": "POST", "json": {"image_ids": everything}}),
        (f"/api/photo/{BLACK}", {}),
        (f"/api/image/{BLACK}", {}),
        (f"/api/image/{BLACK}/thumbnail", {}),
    ]
    assert len(calls) > 40
    before = [_plain(several, call) for call in calls]
    mark(several, "ana", WHOSE["ana"])
    assert [_plain(several, call) for call in calls] == before
    mark(several, "family", {ODD_NAME})
    assert [_plain(several, call) for call in calls] == before
    own = ids_in(asked(several, "ana", "/api/search/text", **text("album:Loved")))
    assert own == WHOSE["ana"], "an album is a search, which everybody asks anew"


def _parameters(call: dict[str, Any]) -> dict[str, str]:
    """What a call must be given."""
    values = {"name": "Loved", "west": "-180", "east": "180", "south": "-90", "north": "90", "word": "x", "query": "x"}
    wanted = [one["name"] for one in call.get("parameters", ()) if one.get("required")]
    return {name: values.get(name, "1") for name in wanted}


def _plain(client: TestClient, call: tuple[str, dict[str, Any]]) -> object:
    """All of an answer but what differs each time."""
    path, options = call
    answer = asked(client, "ben", path, **options)
    kept = answer.headers["cache-control"]
    assert kept == "no-store" if "image/" not in path else kept.startswith("private"), path
    if answer.headers["content-type"].startswith("application/zip"):
        with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
            return path, {one: archive.read(one) for one in archive.namelist()}
    if not answer.headers["content-type"].startswith("application/json"):
        return path, answer.headers.get("etag"), answer.content
    return path, json.dumps(_without(answer.json()), sort_keys=True)


def _without(told: Any) -> Any:
    if isinstance(told, list):
        return [_without(one) for one in told]
    if not isinstance(told, dict):
        return told
    return {name: _without(value) for name, value in told.items() if not any(one in name for one in CHANGES_ANYWAY)}


def test_a_session_of_the_page_is_its_keys(several: TestClient) -> None:
    for name, photos in WHOSE.items():
        mark(several, name, photos)
    for name, photos in WHOSE.items():
        session = several.post("/api/session", json={"key": KEYS[name]}).json()
        assert (session["key_name"], session["favourites"]) == (name, "shared" if name == "family" else "own")
        assert set(several.get("/api/favourites").json()["image_ids"]) == photos, "by the cookie"
        assert several.get("/api/session").json()["favourites"] == session["favourites"]


def test_many_at_once_never_see_each_others(several: TestClient) -> None:
    for name, photos in WHOSE.items():
        mark(several, name, photos)

    def look(turn: int) -> bool:
        name = list(WHOSE)[turn % 3]
        if turn % 2:
            return set(asked(several, name, "/api/favourites").json()["image_ids"]) == WHOSE[name]
        return ids_in(asked(several, name, "/api/search/text", **text("a photo favourite:yes"))) == WHOSE[name]

    with ThreadPoolExecutor(8) as callers:
        assert all(callers.map(look, range(60)))


def test_a_link_shows_nobodys_own(several: TestClient) -> None:
    for name, photos in WHOSE.items():
        mark(several, name, photos)
    refused = several.post("/api/shares", json={"favourites": True}, headers={"X-API-Key": KEYS["ana"]})
    assert (refused.status_code, "favourites that only you see" in refused.text) == (422, True)
    asked(several, "ana", "/api/albums/saved", method="POST", json={"name": "Loved", "query": "favourite:yes"})
    refused = several.post("/api/shares", json={"album": "Loved"}, headers={"X-API-Key": KEYS["ana"]})
    assert refused.status_code == 422
    photos = {"image_ids": [BLACK]}
    assert "share" in asked(several, "ana", "/api/shares", method="POST", json=photos).json(), "photos are these photos"
    made = asked(several, "family", "/api/shares", method="POST", json={"album": "Loved"}).json()
    several.post("/api/session", json={"key": KEYS["ana"]})  # whoever opens a link may be signed in, too
    card = several.post("/api/shared", json={"key": made["key"]}).json()
    assert card["num_photos"] == 1
    shown = several.get(f"/api/shared/{card['number']}/photos")
    assert len(shown.json()["photos"]) == 1
    assert "favourite" not in shown.text


def test_the_audit_log_says_whose_marks_were_changed(several: TestClient, tmp_path: Path) -> None:
    mark(several, "ana", {BLACK})
    mark(several, "family", {BLACK})
    lines = [json.loads(line) for line in (tmp_path / "audit.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [(one["key"], one.get("favourites")) for one in lines] == [("ana", "own"), ("family", None)]
