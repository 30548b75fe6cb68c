"""What each key may do, on a server with several."""

import hashlib
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from rest.served_library import client_of, code
from twinlens.rest.app import calls
from twinlens.rest.gate.keys import key_source
from twinlens.rest.gate.keys.scopes import is_open, needed_scopes
from twinlens.rest.settings import Settings

KEYS = {
    "family": ["search"],
    "ana": ["search", "curate", "index"],
    "nightly": ["index"],
    "watcher": [],
}


def key_of(name: str) -> str:
    return f"the-long-key-of-{name}"


def table(name: str, scopes: list[str]) -> str:
    return f'[{name}]\nsha256 = "{hashlib.sha256(key_of(name).encode()).hexdigest()}"\nscopes = {scopes}\n'


@pytest.fixture
def keys_file(tmp_path: Path) -> Path:
    file = tmp_path / "keys.toml"
    file.write_text("".join(table(name, scopes) for name, scopes in KEYS.items()))
    return file


@pytest.fixture
def several(library: Path, keys_file: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    """A client of a server with several keys, whose file is looked at for each request."""
    monkeypatch.setattr(key_source, "LOOK_EVERY_S", 0.0)
    with client_of(library, Settings(host="0.0.0.0", keys_file=str(keys_file))) as made:
        yield made


MARK = {"image_ids": ["black.png"]}
CALLS = [
    ("GET", "/api/stats", None, {"family", "ana"}),
    ("GET", "/api/image/black.png", None, {"family", "ana"}),
    ("POST", "/api/search/text", {"query": "a dog"}, {"family", "ana"}),
    ("POST", "/api/archive/list", MARK, {"family", "ana"}),
    ("GET", "/api/favourites", None, {"family", "ana"}),
    ("POST", "/api/favourites", MARK, {"ana"}),
    ("GET", "/api/index", None, {"family", "ana", "nightly"}),
    ("POST", "/api/index", None, {"ana", "nightly"}),
    ("GET", "/metrics", None, {"family", "ana", "nightly", "watcher"}),
]


@pytest.mark.parametrize("name", KEYS)
def test_a_key_may_do_what_its_scopes_say(several: TestClient, name: str) -> None:
    for method, path, body, allowed in CALLS:
        answer = several.request(method, path, json=body, headers={"X-API-Key": key_of(name)})
        if name in allowed:
            assert answer.status_code == 200, path
        else:
            assert (answer.status_code, code(answer)) == (403, "missing_scope"), path
            assert name in answer.json()["error"]["message"]
            assert "with the scope" in answer.json()["error"]["hint"]


def test_a_session_may_do_what_its_key_may_and_ends_with_it(several: TestClient, keys_file: Path) -> None:
    answer = several.post("/api/session", json={"key": key_of("family")})
    assert (answer.json()["key_name"], answer.json()["scopes"]) == ("family", ["search"])
    assert several.get("/api/session").json()["scopes"] == ["search"]
    assert several.get("/api/stats").status_code == 200
    assert code(several.post("/api/favourites", json=MARK)) == "missing_scope"
    keys_file.write_text(table("family", ["search", "curate"]) + table("ana", []))
    assert several.post("/api/favourites", json=MARK).status_code == 200
    keys_file.write_text(table("ana", ["search"]))
    assert code(several.get("/api/stats")) == "missing_key"
    assert several.get("/api/session").json()["is_valid"] is False


def test_a_key_given_by_itself_may_do_everything(library: Path, keys_file: Path) -> None:
    with client_of(library, Settings(api_key="the-only-one-of-today", keys_file=str(keys_file))) as client:
        for key, allowed in (("the-only-one-of-today", 200), (key_of("family"), 403)):
            client.headers["X-API-Key"] = key
            assert client.post("/api/favourites", json=MARK).status_code == allowed
        assert client.get("/api/session").json()["key_name"] == "family"


def test_the_access_log_names_the_key_and_never_shows_it(several: TestClient, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, logger="twinlens.access"):
        several.get("/api/stats", headers={"X-API-Key": key_of("ana")})
        several.get("/api/stats", headers={"X-API-Key": key_of("nobody")})
        several.post("/api/session", json={"key": key_of("family")})
        several.get("/api/stats")
    names = [line.getMessage().split()[-1] for line in caplog.records if line.name == "twinlens.access"]
    assert names == ["ana", "-", "family", "family"]
    assert "the-long-key" not in caplog.text


def test_every_call_says_in_the_openapi_document_what_it_needs(keys_file: Path) -> None:
    document = calls(Settings(keys_file=str(keys_file))).openapi()
    seen = set()
    for path, methods in document["paths"].items():
        for method, call in methods.items():
            told = {scope for one in call["security"] for scopes in one.values() for scope in scopes}
            assert told == (set() if is_open(path) else needed_scopes(method.upper(), path))
            assert bool(call["security"]) is not is_open(path)
            seen |= told
    assert seen == {"search", "curate", "index"}


def test_a_new_call_that_changes_something_needs_curate_until_it_says_otherwise() -> None:
    assert needed_scopes("POST", "/api/new") == needed_scopes("DELETE", "/api/photo/x") == {"curate"}
    assert needed_scopes("GET", "/api/new") == {"search"}
    assert needed_scopes("POST", "/api/indexes") == {"curate"}
