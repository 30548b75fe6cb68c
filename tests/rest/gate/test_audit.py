"""The audit log: who searched, opened or changed what."""

import json
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from rest.served_library import KEY, client_of
from twinlens.errors import ConfigError
from twinlens.rest.gate.audit import AuditLog
from twinlens.rest.settings import Settings


@pytest.fixture
def audited(library: Path, tmp_path: Path) -> Iterator[tuple[TestClient, Path]]:
    file = tmp_path / "audit.jsonl"
    settings = Settings(api_key=KEY, audit_log=str(file), state_folder=str(tmp_path / "state"))
    with client_of(library, settings) as client:
        client.headers["X-API-Key"] = KEY
        yield client, file


def lines(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def test_searches_opened_photos_and_changes_are_noted(audited: tuple[TestClient, Path]) -> None:
    client, file = audited
    client.post("/api/search/text", json={"query": "ein roter Würfel"}, headers={"X-Request-ID": "one"})
    client.get("/api/photos?camera=Twin%20Reflex")
    client.get("/api/image/black.png")
    client.get("/api/image/black.png/thumbnail?size=256")
    client.get("/api/stats")
    client.post("/api/favourites", json={"image_ids": ["black.png"], "is_favourite": True})
    client.post("/api/tags", json={"nonsense": 1})
    told = lines(file)
    assert [(one["did"], one["call"]) for one in told] == [
        ("searched", "POST /api/search/text"),
        ("searched", "GET /api/photos"),
        ("opened", "GET /api/image/black.png"),
        ("changed", "POST /api/favourites"),
        ("changed", "POST /api/tags"),
    ]
    assert told[0]["what"] == {"query": "ein roter Würfel"}
    assert told[1]["what"] == {"camera": "Twin Reflex"}
    assert told[3]["what"]["image_ids"] == ["black.png"]
    assert {one["key"] for one in told} == {"default"}
    assert told[0]["request_id"] == "one"
    assert [one["status"] for one in told[:3]] == [200, 200, 200]
    assert told[4]["status"] == 422
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_keys_and_pictures_are_never_in_it(audited: tuple[TestClient, Path], library: Path) -> None:
    client, file = audited
    client.post("/api/session", json={"key": KEY})
    client.post("/api/session", json={"key": "a wrong one, which is somebody's secret"})
    link = client.post("/api/shares", json={"image_ids": ["black.png"], "originals": True}).json()["key"]
    assert client.post("/api/shared", json={"key": link}).status_code == 200
    picture = (library / "black.png").read_bytes()
    client.post("/api/search/image", files={"images": ("x.png", picture, "image/png")})
    text = file.read_text(encoding="utf-8")
    assert KEY not in text
    assert link not in text
    assert "secret" not in text
    signed, refused, shared, opened, searched = lines(file)
    assert (shared["did"], opened["did"], opened["what"]) == ("changed", "opened", None)
    assert (signed["did"], signed["key"], signed["what"]) == ("signed in", "default", None)
    assert refused["status"] == 401
    assert searched["what"].keys() == {"bytes"}
    assert searched["what"]["bytes"] > len(picture)


def test_what_is_looked_at_for_itself_is_noted_and_a_link_has_its_number(audited: tuple[TestClient, Path]) -> None:
    client, file = audited
    made = client.post("/api/shares", json={"image_ids": ["black.png"]}).json()
    number = made["share"]["number"]
    client.get("/api/image/black.png/thumbnail?size=2048")
    client.get("/api/photo/black.png")
    link = {"X-API-Key": made["key"]}
    (photo,) = client.get(f"/api/shared/{number}/photos", headers=link).json()["photos"]
    for size in (256, 1024):
        client.get(f"/api/shared/{number}/photos/{photo['photo']}/picture?size={size}", headers=link)
    told = lines(file)[1:]
    assert [(one["did"], one.get("link")) for one in told] == [("opened", None), ("opened", None), ("opened", number)]


def test_no_body_hides_what_was_asked_for(audited: tuple[TestClient, Path]) -> None:
    client, file = audited
    bodies = {
        b'{"query": "a"}': "application/vnd.mine+json",
        b'{"query": "b"}' + b" " * 64_000: "application/json",
        b"[" * 3000: "application/json",
        b'{"query": "c", "x": [NaN, 1e999]}': "application/json",
    }
    for body, kind in bodies.items():
        client.post("/api/search/text", content=body, headers={"Content-Type": kind})
    client.get("/api/photos?camera=x", headers={"X-API-Key": "a wrong one, much too wrong"})
    *told, refused = lines(file)
    assert [one["what"].get("query") for one in told] == ["a", "b", None, "c"]
    assert (refused["status"], refused["key"], refused["what"]) == (401, None, {"camera": "x"})


def test_a_log_that_was_moved_away_is_begun_again(audited: tuple[TestClient, Path]) -> None:
    client, file = audited
    client.get("/api/image/black.png")
    file.rename(file.with_suffix(".1"))
    client.get("/api/image/black.png")
    assert len(lines(file)) == len(lines(file.with_suffix(".1"))) == 1


def test_a_log_that_cannot_be_written_is_told_at_the_start_and_later_does_not_stop_answers(
    audited: tuple[TestClient, Path], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(ConfigError, match="cannot be written"):
        AuditLog(tmp_path / "none" / "audit.jsonl")
    client, file = audited
    file.unlink()
    file.mkdir()
    for _ in range(3):
        assert client.get("/api/image/black.png").status_code == 200
    assert caplog.text.count("audit log") == 1
