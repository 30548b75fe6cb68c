"""Shares over HTTP, as somebody tries them who has a link, and wants more than it shows."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from rest.served_library import KEY, ODD_NAME, client_of, code
from twinlens.rest.app import calls
from twinlens.rest.gate.keys import wrong_keys
from twinlens.rest.settings import Settings

STRANGER = "203.0.113.7"
OWN = re.compile(r"/api/shared/\{number\}/")
# what anybody may ask: nothing of a library is in it
OPEN = {"/health", "/readyz", "/api/session", "/api/shared"}


@pytest.fixture
def owner(library: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    """A client with the key of a server that listens on all interfaces, and does not make wrong keys wait."""
    monkeypatch.setattr(wrong_keys, "SLOWED_S", 0.0)
    with client_of(library, Settings(host="0.0.0.0", api_key=KEY), address=STRANGER) as made:
        made.headers["X-API-Key"] = KEY
        yield made


def stranger(owner: TestClient, key: str | None = None) -> TestClient:
    """Somebody else at the same server, with the key of a share or none."""
    other = TestClient(owner.app, base_url="http://localhost", client=(STRANGER, 5000), raise_server_exceptions=False)
    if key is not None:
        other.headers["X-API-Key"] = key
    return other


def made(owner: TestClient, **fields: Any) -> tuple[int, str]:
    answer = owner.post("/api/shares", json=fields)
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert told["address"] == f"share#{told['key']}"
    return told["share"]["number"], told["key"]


def names(client: TestClient, number: int) -> list[str]:
    return [one["photo"] for one in client.get(f"/api/shared/{number}/photos").json()["photos"]]


def test_a_link_shows_its_photos_and_a_browser_keeps_its_key_in_a_cookie_for_them_alone(owner: TestClient) -> None:
    number, key = made(owner, image_ids=["beach/red.png", "turned.jpg"], heading="Our trip")
    guest = stranger(owner)
    opened = guest.post("/api/shared", json={"key": key})
    assert opened.json() == {
        "number": number,
        "heading": "Our trip",
        "num_photos": 2,
        "num_entries": 2,
        "originals": False,
        "expires_at": opened.json()["expires_at"],
    }
    (cookie,) = guest.cookies.jar
    assert (cookie.path, cookie.value) == (f"/api/shared/{number}", key)
    assert {"HttpOnly", "SameSite=strict"} <= {part.strip() for part in opened.headers["set-cookie"].split(";")}
    listed = guest.get(f"/api/shared/{number}/photos").json()
    assert [(one["width"], one["height"], one["taken_on"]) for one in listed["photos"]] == [
        (96, 64, None),
        (64, 96, "2023-06-30"),
    ]
    told = opened.text + str(listed)
    assert not [secret for secret in ("beach", ".png", ".jpg", "Twin Reflex", "latitude") if secret in told]
    picture = guest.get(f"/api/shared/{number}/photos/{listed['photos'][0]['photo']}/picture?size=2048")
    assert (picture.headers["content-type"], picture.content[:2]) == ("image/jpeg", b"\xff\xd8")
    assert b"Exif" not in picture.content
    assert owner.get("/api/shares").json()["shares"][0]["opened"] == 1


@pytest.mark.parametrize("shown_as", ["header", "bearer", "cookies", "parameter"])
def test_a_shares_key_opens_no_other_call(owner: TestClient, shown_as: str) -> None:
    _, key = made(owner, image_ids=["beach/red.png"], originals=True)
    guest = stranger(owner)
    parameters: dict[str, str] = {}
    if shown_as == "header":
        guest.headers["X-API-Key"] = key
    elif shown_as == "bearer":
        guest.headers["Authorization"] = f"Bearer {key}"
    elif shown_as == "cookies":
        for name in ("twinlens_session_80", "twinlens_session_80_share", "twinlens_session"):
            guest.cookies.set(name, key)
    else:
        parameters = {"key": key, "api_key": key}
    tried = 0
    for path, methods in calls(Settings()).openapi()["paths"].items():
        if OWN.match(path) or path in OPEN:
            continue
        for method in methods:
            asked = path.replace("{image_id}", "beach%2Fred.png").replace("{number}", "1")
            answer = guest.request(method, asked, params=parameters, json={} if method == "post" else None)
            assert answer.status_code in (401, 403, 429), f"{method} {path}: {answer.status_code}"
            tried += 1
    assert tried > 40
    assert not guest.get("/api/session").json().get("is_valid", False)
    assert guest.post("/api/session", json={"key": key}).status_code in (401, 429)
    assert owner.get("/api/shares").json()["num_shares"] == 1


def test_a_shares_key_opens_no_other_share_and_no_other_photo(owner: TestClient) -> None:
    one, key = made(owner, image_ids=["beach/red.png"])
    other, other_key = made(owner, image_ids=["black.png", ODD_NAME])
    guest, others = stranger(owner, key), stranger(owner, other_key)
    (own,), foreign = names(guest, one), names(others, other)
    assert guest.get(f"/api/shared/{one}/photos/{own}/picture").status_code == 200
    assert guest.get(f"/api/shared/{one}/photos/{own}/picture", headers={"X-API-Key": other_key}).status_code == 401
    for path in (f"{other}/photos", f"{other}/photos/{foreign[0]}/picture", f"{other}/photos/{own}/picture"):
        assert (
            guest.get(f"/api/shared/{path}").status_code,
            stranger(owner).get(f"/api/shared/{path}").status_code,
        ) == (
            401,
            401,
        )
    odd = (foreign[0], "1", "red.png", "beach%2Fred.png", "..%2Fblack.png", f"{own}x", own[:-1], "%00")
    for name in odd:
        for call in ("picture", "original"):
            answer = guest.get(f"/api/shared/{one}/photos/{name}/{call}")
            assert answer.status_code in (403, 404), (name, call, answer.text)
            assert "beach" not in answer.text
    for path in (
        f"/api/shared/{one}",
        f"/api/shared/{one}/../../stats",
        f"/api/shared/{one}%2F..%2F..%2Fstats",
        "/api/shared/",
    ):
        assert guest.get(path).status_code in (401, 404, 405, 422), path


def test_files_are_sent_only_where_they_are_shared(owner: TestClient) -> None:
    without, key = made(owner, image_ids=["turned.jpg"])
    guest = stranger(owner, key)
    refused = guest.get(f"/api/shared/{without}/photos/{names(guest, without)[0]}/original")
    assert (refused.status_code, code(refused)) == (403, "originals_not_shared")
    with_files, key = made(owner, image_ids=["turned.jpg"], originals=True)
    guest = stranger(owner, key)
    sent = guest.get(f"/api/shared/{with_files}/photos/{names(guest, with_files)[0]}/original")
    assert b"Twin Reflex" in sent.content
    assert sent.headers["content-disposition"] == 'attachment; filename="turned.jpg"'
    for size in (0, 2049, 100_000):
        assert (
            guest.get(f"/api/shared/{with_files}/photos/{names(guest, with_files)[0]}/picture?size={size}").status_code
            == 422
        )


def test_a_link_ends_for_every_call_when_it_is_revoked(owner: TestClient, library: Path) -> None:
    number, key = made(owner, query="a red wall", folder="beach", originals=True)
    guest = stranger(owner, key)
    (photo, *_) = names(guest, number)
    paths = [
        f"/api/shared/{number}/photos",
        *(f"/api/shared/{number}/photos/{photo}/{call}" for call in ("picture", "original")),
    ]
    assert [guest.get(path).status_code for path in paths] == [200, 200, 200]
    (library / "beach" / "red.png").unlink()
    gone = guest.get(paths[2])
    assert (code(gone), "red.png" in gone.text) == ("photo_gone", False)
    revoked = owner.delete(f"/api/shares/{number}").json()
    assert revoked["has_ended"]
    for answer in (*(guest.get(path) for path in paths), guest.post("/api/shared", json={"key": key})):
        assert (answer.status_code, code(answer)) == (410, "share_revoked")
    assert owner.delete("/api/shares/99").status_code == 404


def test_wrong_keys_are_slowed_down_as_those_of_the_server_are(owner: TestClient) -> None:
    number, key = made(owner, image_ids=["black.png"])
    guest = stranger(owner)
    codes = [code(guest.post("/api/shared", json={"key": f"{number}-{'a' * 32}"})) for _ in range(22)]
    assert (codes[0], codes[-1]) == ("wrong_key", "too_many_wrong_keys")
    assert guest.post("/api/shared", json={"key": key}).status_code == 200, "the right one works at any time"


def test_only_a_key_that_may_curate_shares_and_what_cannot_be_shared_is_refused(owner: TestClient) -> None:
    refused = [
        {},
        {"image_ids": []},
        {"image_ids": ["black.png"], "query": "a dog"},
        {"image_ids": ["black.png"], "expires_days": 0},
        {"image_ids": ["black.png"], "expires_days": "30"},
        {"image_ids": ["black.png"], "password": "x"},
        {"image_ids": ["nowhere.png"]},
        {"folder": "/etc"},
        {"album": "none"},
        {"query": " "},
    ]
    for fields in refused:
        assert owner.post("/api/shares", json=fields).status_code in (404, 422), fields
    assert owner.get("/api/shares").json() == {"num_shares": 0, "shares": [], "reach": "others"}
    owner.post("/api/albums", json={"name": "Best", "image_ids": ["black.png"]})
    made(owner, album="best", expires_days=None)
    (card,) = owner.get("/api/shares").json()["shares"]
    assert (card["kind"], card["album"], card["heading"], card["expires_at"]) == ("album", "Best", "Best", None)
    assert stranger(owner).post("/api/shares", json={"album": "best"}).status_code == 401


def test_who_a_link_works_for_is_told(client: TestClient) -> None:
    assert client.get("/api/shares").json()["reach"] == "this_machine"


def test_no_answer_may_be_indexed_or_tells_where_it_was_linked_from(client: TestClient) -> None:
    for path in ("/", "/share", "/api/stats"):
        headers = client.get(path).headers
        assert (headers["referrer-policy"], headers["x-robots-tag"]) == ("no-referrer", "noindex, nofollow")
    assert client.get("/robots.txt").text == "User-agent: *\nDisallow: /\n"
