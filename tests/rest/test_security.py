"""Attacks that were tried on the server, and their results; more: ``test_hostile_files``, ``test_slow_callers``."""

import io
import logging
import socket
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from PIL import Image
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.testclient import TestClient

from rest.served_library import ODD_NAME, client_of
from twinlens.api.library import Collection, PhotoCard
from twinlens.rest import settings
from twinlens.rest.app import create_app
from twinlens.rest.gate.body_limit import KEY_BYTES
from twinlens.rest.gate.guard import WRONG_KEYS_PER_MINUTE
from twinlens.rest.gate.keys import COOKIE
from twinlens.rest.settings import Settings

KEY = "correct-horse-battery-staple"
TEXT = {"query": "a dog"}


@pytest.fixture
def locked(indexed: Path) -> Iterator[TestClient]:
    """A client of a server that wants a key and listens everywhere."""
    with client_of(indexed, Settings(host="0.0.0.0", api_key=KEY), address="203.0.113.7") as made:
        made.headers["Host"] = "photos.example.org"
        yield made


@pytest.fixture
def few_requests(monkeypatch: pytest.MonkeyPatch) -> int:
    """The usual limit of requests a minute, made small."""
    monkeypatch.setattr(settings, "REQUESTS_PER_MINUTE", 30)
    return 30


def code(answer: object) -> str:
    return answer.json()["error"]["code"]  # type: ignore[attr-defined, no-any-return]


# --- traversal -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "attempt",
    [
        "../../../../etc/passwd",
        "..%2f..%2f..%2fetc%2fpasswd",
        "..%252f..%252fetc%252fpasswd",
        "%2e%2e/%2e%2e/etc/passwd",
        "/etc/passwd",
        "%2fetc%2fpasswd",
        "beach/../../secret.png",
        "beach/..%5c..%5csecret.png",
        "..\\..\\secret.png",
        "C:%5cWindows%5cwin.ini",
        "%EF%BC%8E%EF%BC%8E/secret.png",
        "%c0%ae%c0%ae/secret.png",
        "%00/etc/passwd",
        "black.png%00.html",
        ".twinlens/catalog.sqlite",
        "black.png/",
        "BLACK.png",
        "black.png%20",
        "~/x.png",
        "file:///etc/passwd",
        "a" * 5000,
    ],
)
@pytest.mark.parametrize("call", ["/api/image/{}", "/api/image/{}/thumbnail", "/api/photo/{}"])
def test_only_ids_of_indexed_photos_lead_to_a_file(client: TestClient, indexed: Path, attempt: str, call: str) -> None:
    (indexed.parent / "secret.png").write_bytes(b"secret")
    answer = client.get(call.format(attempt))
    assert answer.status_code == 404
    assert b"root:" not in answer.content
    assert b"secret" not in answer.content or "secret" in attempt


# --- uploads: bombs, oversized, malformed -----------------------------------------------------------


def bomb(width: int, height: int) -> bytes:
    """A PNG of a few bytes that claims to be huge."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 999)) + chunk(b"IEND", b"")
    )


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
@pytest.mark.parametrize("size", [(20_000, 20_000), (2**31 - 1, 2**31 - 1), (10_001, 10_001)])
def test_a_picture_that_claims_to_be_huge_is_refused_before_it_is_decoded(
    client: TestClient, size: tuple[int, int]
) -> None:
    answer = client.post("/api/search/image", files={"file": ("x.png", bomb(*size))})
    assert (answer.status_code, code(answer)) == (413, "picture_too_large")
    assert "megapixels" in answer.json()["error"]["message"]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"GIF89a",
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"%!PS-Adobe-3.0 EPSF-3.0\n(run) system",
        b"%PDF-1.4",
        b"8BPS\0\1" + b"\0" * 30,
        b"\xff\xd8\xff\xe0" + b"\0" * 100,
        bomb(100, 100),
    ],
)
def test_what_is_no_photo_is_415(client: TestClient, data: bytes) -> None:
    answer = client.post("/api/search/image", files={"file": ("x.jpg", data, "image/jpeg")})
    assert (answer.status_code, code(answer)) == (415, "unreadable_picture")


def test_an_upload_over_the_limit_is_413_and_names_it(indexed: Path) -> None:
    with client_of(indexed, Settings(max_body_mb=0.01)) as client:
        answer = client.post("/api/search/image", files={"file": ("x.png", b"x" * 20_000)})
        assert (answer.status_code, code(answer)) == (413, "body_too_large")
        assert "10,000 bytes" in answer.json()["error"]["message"]


def test_a_body_that_does_not_announce_its_size_is_counted(indexed: Path) -> None:
    def endless() -> Iterator[bytes]:
        for _ in range(40):
            yield b"x" * 100_000

    with client_of(indexed) as client:
        answer = client.post("/api/search/text", content=endless(), headers={"Content-Type": "application/json"})
        assert (answer.status_code, code(answer)) == (413, "body_too_large")


@pytest.mark.parametrize("kind", ["multipart/form-data; boundary=x", "multipart/x", "application/json"])
def test_little_is_read_of_who_has_not_shown_the_key(locked: TestClient, kind: str) -> None:
    def unannounced() -> Iterator[bytes]:
        for _ in range(1 + KEY_BYTES // 100):
            yield b"x" * 100

    for content in (b"x" * (KEY_BYTES + 1), unannounced()):
        answer = locked.post("/api/session", content=content, headers={"Content-Type": kind})
        assert (answer.status_code, code(answer)) == (413, "body_too_large")
        assert "8,000 bytes" in answer.json()["error"]["message"]


@pytest.mark.parametrize(
    "path", ["/api/search/text", "/api/search/batch", "/api/favourites", "/api/archive", "/nothing"]
)
def test_only_calls_that_take_pictures_read_more_than_a_megabyte(client: TestClient, path: str) -> None:
    answer = client.post(path, content=b"x" * 1_000_001, headers={"Content-Type": "multipart/form-data; boundary=x"})
    assert (answer.status_code, code(answer)) == (413, "body_too_large")


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"--x\r\n", "multipart/form-data"),
        (b"--x\r\n", "multipart/form-data; boundary="),
        (b"no boundary here", "multipart/form-data; boundary=x"),
        (b"--x\r\nContent-Disposition: form-data\r\n\r\nv\r\n--x--\r\n", "multipart/form-data; boundary=x"),
        (
            b'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\nv',
            "multipart/form-data; boundary=x",
        ),
        (b"--x\r\n" + b"A: b\r\n" * 5000 + b"\r\n--x--", "multipart/form-data; boundary=x"),
        (
            b'--x\r\nContent-Disposition: form-data; name="top_k"\r\n\r\nNaN\r\n--x--\r\n',
            "multipart/form-data; boundary=x",
        ),
        (
            b'--x\r\nContent-Disposition: form-data; name="top_k"\r\n\r\n' + b"[" * 20_000 + b"\r\n--x--\r\n",
            "multipart/form-data; boundary=x",
        ),
        (b"[" * 100_000, "application/json"),
        (b"\xff\xfe", "application/json"),
        (b'{"image_id": "\\ud800"}', "application/json"),
        (b'{"image_id": 1e999}', "application/json"),
        (b"image_id=black.png", "application/x-www-form-urlencoded"),
        (b"<x/>", "text/xml"),
        (b"", "application/json"),
    ],
)
@pytest.mark.parametrize("call", ["image", "captions"])
def test_a_malformed_body_is_the_callers_fault(client: TestClient, content: bytes, kind: str, call: str) -> None:
    answer = client.post(f"/api/search/{call}", content=content, headers={"Content-Type": kind})
    assert answer.status_code in (415, 422), answer.text
    assert set(answer.json()["error"]) == {"code", "message", "hint"}


@pytest.mark.parametrize(
    "content",
    [
        b"[" * 100_000,
        b'{"query": "\\ud800"}',
        b"\xff",
        b"{",
        b'{"query": NaN}',
        b'{"query": "a", "top_k": ' + b"9" * 9000 + b"}",
    ],
)
def test_malformed_json_is_the_callers_fault(client: TestClient, content: bytes) -> None:
    answer = client.post("/api/search/text", content=content, headers={"Content-Type": "application/json"})
    assert (answer.status_code, code(answer)) == (422, "invalid_request")


def test_too_many_files_are_refused(client: TestClient) -> None:
    files = [("file", ("x.png", b"x"))] * 50
    assert client.post("/api/search/image", files=files).status_code == 422


def test_uploads_are_never_written_anywhere(indexed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import tempfile

    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "missing"))  # any file made there would fail
    buffer = io.BytesIO()
    Image.effect_noise((1500, 1500), 80).convert("RGB").save(buffer, "PNG")
    assert len(buffer.getvalue()) > 2_000_000
    with client_of(indexed) as client:
        assert client.post("/api/search/image", files={"file": ("x.png", buffer.getvalue())}).status_code == 200


# --- keys ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/api/stats", "/api/image/black.png", "/api/image/black.png/thumbnail", "/metrics"])
def test_nothing_of_the_library_is_shown_without_the_key(locked: TestClient, path: str) -> None:
    answer = locked.get(path)
    assert (answer.status_code, code(answer)) == (401, "missing_key")
    assert answer.headers["www-authenticate"].startswith("Bearer")
    for headers in ({"X-API-Key": KEY}, {"Authorization": f"Bearer {KEY}"}, {"authorization": f"bearer  {KEY}"}):
        assert locked.get(path, headers=headers).status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/api",
        "/api/",
        "//api/stats",
        "/api/session/",
        "/static",
        "/docs/x",
        "/x/static/icon.svg",
        "/API/stats",
        "/later",
    ],
)
def test_only_what_is_named_is_shown_without_the_key(locked: TestClient, path: str) -> None:
    assert locked.get(path, follow_redirects=False).status_code == 401
    for shown in ("/", "/static/icon.svg"):
        assert locked.get(shown).status_code == 200


@pytest.mark.parametrize("is_mounted", [True, False])
def test_a_path_before_ours_takes_no_key_away(indexed: Path, is_mounted: bool) -> None:
    app = create_app(indexed, settings=Settings(api_key=KEY))
    outer = Starlette(routes=[Mount("/photos", app)], lifespan=lambda _: app.router.lifespan_context(app))
    options = {"base_url": "http://localhost", "client": ("127.0.0.1", 50000)}
    with TestClient(outer, **options) if is_mounted else TestClient(app, root_path="/photos", **options) as client:
        for path in ("api/image/black.png", "api/image/black.png/thumbnail", "api/stats", "metrics"):
            assert client.get(f"/photos/{path}").status_code == 401
        for path in ("", "health", "docs", "static/icon.svg", "api/session"):
            assert client.get(f"/photos/{path}").status_code in (200, 503)  # the model may still be loading
        large = client.post("/photos/api/session", content=b"x" * (KEY_BYTES + 1))
        assert (large.status_code, code(large)) == (413, "body_too_large")


@pytest.mark.parametrize(
    "headers",
    [
        {"X-API-Key": KEY + "x"},
        {"X-API-Key": KEY[:-1]},
        {"X-API-Key": KEY.upper()},
        {"Authorization": f"Basic {KEY}"},
        {"Authorization": "Bearer"},
        {"Cookie": f"{COOKIE}={KEY}"},
        {"Cookie": f"{COOKIE}=9999999999.{'0' * 64}"},
        {"Cookie": f"{COOKIE}=.."},
        {"Cookie": f"{COOKIE}=\xff.\xff"},
        {"X-API-Key": "\xff\xfe"},
    ],
)
def test_what_is_not_the_key_is_401(locked: TestClient, headers: dict[str, str]) -> None:
    raw = {name: value.encode("latin-1") for name, value in headers.items()}
    assert locked.get("/api/stats", headers=raw).status_code == 401


def test_probes_and_the_list_of_calls_need_no_key(locked: TestClient) -> None:
    for path in ("/health", "/readyz", "/docs", "/openapi.json"):
        assert locked.get(path).status_code == 200


def test_guessing_is_stopped_and_sessions_go_on(locked: TestClient) -> None:
    assert locked.post("/api/session", json={"key": KEY}).status_code == 200
    cookie = dict(locked.cookies)
    locked.cookies.clear()
    answers = [locked.get("/api/stats", headers={"X-API-Key": f"guess {n}"}) for n in range(WRONG_KEYS_PER_MINUTE + 5)]
    assert answers[0].status_code == 401
    assert answers[-1].status_code == 429
    assert code(answers[-1]) == "too_many_wrong_keys"
    assert int(answers[-1].headers["retry-after"]) > 0
    locked.cookies.update(cookie)
    assert locked.get("/api/stats").status_code == 200


def test_the_page_exchanges_the_key_for_a_cookie_that_scripts_cannot_read(locked: TestClient) -> None:
    assert locked.get("/api/session").json() == {"key_needed": True, "is_valid": False, "max_top_k": 1000}
    assert code(locked.post("/api/session", json={"key": "wrong"})) == "wrong_key"
    answer = locked.post("/api/session", json={"key": KEY})
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert KEY not in cookie
    assert locked.get("/api/image/black.png").status_code == 200
    assert locked.get("/api/session").json() == {"key_needed": True, "is_valid": True, "max_top_k": 1000}
    locked.delete("/api/session")
    assert locked.get("/api/image/black.png").status_code == 401


def test_cookies_of_other_programs_sign_nobody_out(locked: TestClient) -> None:
    locked.post("/api/session", json={"key": KEY})
    token = locked.cookies[COOKIE]
    locked.cookies.clear()
    for other in ('{"a":[1]}=@', "a b=c", "ü=\xfc", 'x="', "=", "nothing", "[=]; path=/"):
        for cookies in (f"{other}; {COOKIE}={token}", f"{COOKIE}={token}; {other}"):
            assert locked.get("/api/stats", headers={"Cookie": cookies.encode("latin-1")}).status_code == 200


def test_a_server_without_a_key_answers_its_own_machine_only(indexed: Path) -> None:
    with client_of(indexed, address="203.0.113.7") as client:
        assert code(client.get("/api/stats")) == "not_exposed"
    with client_of(indexed, Settings(host="0.0.0.0", insecure=True), address="203.0.113.7") as client:
        assert client.get("/api/stats").status_code == 200


def test_a_name_that_is_allowed_lets_no_other_machine_in(indexed: Path) -> None:
    named = Settings(allowed_hosts=("photos.example.org",), trusted_proxies=("10.0.0.1",))
    for address in ("203.0.113.7", "10.0.0.1"):  # in this process no proxy has connected, whatever it is called
        with client_of(indexed, named, address=address) as client:
            answer = client.get("/api/stats", headers={"Host": "photos.example.org"})
            assert (answer.status_code, code(answer)) == (403, "not_exposed")


# --- host, origin, headers -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "host",
    ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example", "", "localhost@evil.example", "[::1", "a b"],
)
def test_a_name_pointed_at_this_machine_by_another_site_is_refused(client: TestClient, host: str) -> None:
    answer = client.get("/api/image/black.png", headers={"Host": host})
    assert (answer.status_code, code(answer)) == (403, "host_not_allowed")


@pytest.mark.parametrize(
    "host", ["localhost", "localhost:5000", "127.0.0.1:5000", "[::1]:5000", "LOCALHOST.", "127.1.2.3"]
)
def test_names_of_this_machine_are_answered(client: TestClient, host: str) -> None:
    assert client.get("/health", headers={"Host": host}).status_code == 200


def test_without_a_key_no_site_can_point_its_name_at_a_server_that_others_reach(indexed: Path) -> None:
    own = socket.gethostname().partition(".")[0]
    named = Settings(host="0.0.0.0", insecure=True, allowed_hosts=("photos.example.org",))
    for made in (named, Settings(host="0.0.0.0", insecure=True)):
        with client_of(indexed, made, address="203.0.113.7") as client:
            for host in ("evil.example", "192.168.1.5.evil.example", f"{own}.evil.example", "2130706433", "evil.local"):
                answer = client.get("/api/image/black.png", headers={"Host": host})
                assert (answer.status_code, code(answer)) == (403, "host_not_allowed")
                assert "--allowed-host" in answer.json()["error"]["hint"]
            for host in ("192.168.1.5:5000", "[fd00::7]:5000", own, f"{own}.local:5000", own.upper(), "localhost"):
                assert client.get("/api/stats", headers={"Host": host}).status_code == 200


def test_with_a_key_any_name_will_do_until_one_is_named(indexed: Path) -> None:
    for hosts, status in (((), 200), (("photos.example.org",), 403)):
        with client_of(indexed, Settings(host="0.0.0.0", api_key=KEY, allowed_hosts=hosts)) as client:
            assert client.get("/health", headers={"Host": "nas.example.org"}).status_code == status
            assert client.get("/health", headers={"Host": "photos.example.org"}).status_code == 200


def test_a_proxys_name_is_answered_where_it_was_named(indexed: Path) -> None:
    with client_of(indexed, Settings(allowed_hosts=("photos.example.org", "*.home.arpa"))) as client:
        for host, status in (("photos.example.org", 200), ("a.home.arpa:80", 200), ("home.arpa", 403), ("x.org", 403)):
            assert client.get("/health", headers={"Host": host}).status_code == status


def test_pages_of_other_sites_can_neither_read_nor_set_off_anything(client: TestClient) -> None:
    for origin in ("https://evil.example", "null", "http://localhost.evil.example", "http://localhost:1@evil.example"):
        read = client.get("/api/stats", headers={"Origin": origin})
        assert "access-control-allow-origin" not in read.headers
        for path in ("/api/index", "/api/search/text"):
            answer = client.post(path, json=TEXT, headers={"Origin": origin})
            assert (answer.status_code, code(answer)) == (403, "origin_not_allowed")
        asked = {"Origin": origin, "Access-Control-Request-Method": "POST"}
        assert client.options("/api/search/text", headers=asked).status_code == 403


@pytest.mark.parametrize("origin", ["http://localhost:3000", "http://127.0.0.1:8080", "http://localhost"])
def test_pages_of_this_machine_may_ask(client: TestClient, origin: str) -> None:
    answer = client.post("/api/search/text", json=TEXT, headers={"Origin": origin})
    assert answer.headers["access-control-allow-origin"] == origin
    asked = {
        "Origin": origin,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "content-type",
    }
    preflight = client.options("/api/search/text", headers=asked)
    assert preflight.status_code == 204
    assert "POST" in preflight.headers["access-control-allow-methods"]
    assert "Content-Type" in preflight.headers["access-control-allow-headers"]
    failed = client.post("/api/search/text", json={}, headers={"Origin": origin})
    assert failed.headers["access-control-allow-origin"] == origin


def test_a_page_opened_from_a_file_may_ask_where_null_was_named(indexed: Path) -> None:
    with client_of(indexed, Settings(cors_origins=("null", "https://my.example"))) as client:
        for origin in ("null", "https://my.example"):
            answer = client.post("/api/search/text", json=TEXT, headers={"Origin": origin})
            assert answer.headers["access-control-allow-origin"] == origin
        assert answer.headers["cross-origin-resource-policy"] == "cross-origin"


def test_no_cache_shows_one_page_what_another_was_told(client: TestClient) -> None:
    for headers in (
        {},
        {"Origin": "https://evil.example"},
        {"Origin": "http://localhost:3000"},
        {"Host": "evil.example"},
    ):
        for path in ("/api/stats", "/api/image/black.png", "/nothing", "/"):
            assert "Origin" in client.get(path, headers=headers).headers["vary"]


@pytest.mark.parametrize(
    "behind",
    [
        Settings(api_key=KEY, allowed_hosts=("photos.example.org",), trusted_proxies=("127.0.0.1",)),
        Settings(api_key=KEY, trusted_proxies=("127.0.0.1",)),
        Settings(api_key=KEY, host="0.0.0.0"),
    ],
)
def test_callers_of_a_proxy_are_limited_and_people_at_the_machine_are_not(
    indexed: Path, behind: Settings, few_requests: int
) -> None:
    for address, status in (("203.0.113.7", 429), ("127.0.0.1", 200)):
        with client_of(indexed, behind, address=address) as client:
            answers = [client.get("/api/session").status_code for _ in range(few_requests + 20)]
        assert answers[-1] == status
        assert answers.count(200) >= few_requests


def test_a_proxy_that_is_not_trusted_is_one_client(indexed: Path, few_requests: int) -> None:
    with client_of(indexed, Settings(api_key=KEY, allowed_hosts=("photos.example.org",))) as client:
        answers = [client.get("/api/session").status_code for _ in range(few_requests + 20)]
    assert answers[-1] == 429


def test_too_many_requests_are_429_with_the_limit(indexed: Path) -> None:
    with client_of(indexed, Settings(requests_per_minute=5)) as client:
        answers = [client.get("/health") for _ in range(7)]
    assert [answer.status_code for answer in answers[-5:-1]].count(200) >= 1
    assert (answers[-1].status_code, code(answers[-1])) == (429, "too_many_requests")
    assert "5 requests a minute" in answers[-1].json()["error"]["message"]
    assert int(answers[-1].headers["retry-after"]) > 0


def test_no_log_line_can_be_forged_and_queries_are_not_logged(indexed: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "twinlens"), client_of(indexed) as client:
        client.get("/api/image/x%0aINFO: forged")
        client.post("/api/search/text?query=private", json={"query": "private words"})
        client.post("/api/search/text", json={"query": ["private"]})
    assert "private" not in caplog.text
    assert "%0aINFO" in caplog.text
    with caplog.at_level(logging.INFO, "twinlens"), client_of(indexed, Settings(query_log=True)) as client:
        client.post("/api/search/text", json={"query": "shown\nwords"})
    assert "'shown\\nwords'" in caplog.text


@pytest.mark.parametrize(
    "headers",
    [
        {"Range": "bytes=" + ",".join(f"{start}-" for start in range(5000))},
        {"Range": "bytes=0-0," * 99 + "0-0"},
        {"Range": "bytes=99999999999999999999-"},
        {"If-None-Match": '"a",' * 10_000},
        {"If-Range": "Thu, 99 Foo 9999"},
        {"Cookie": "a=" + "b" * 50_000},
        {"Accept-Encoding": "gzip;q=nan, *;q=-1"},
        {"Content-Length": "-1"},
        {"Content-Type": "multipart/form-data; boundary=" + "b" * 10_000},
        {"Authorization": "Bearer " + "x" * 50_000},
        {"Origin": "http://" + "a" * 50_000},
    ],
)
def test_odd_headers_make_neither_a_fault_nor_a_long_answer(
    client: TestClient, indexed: Path, headers: dict[str, str]
) -> None:
    answer = client.get("/api/image/black.png", headers=headers)
    assert answer.status_code in (200, 206, 416, 422)
    assert len(answer.content) < 2 * (indexed / "black.png").stat().st_size + 20_000


# --- text of others ---------------------------------------------------------------------------------


def test_names_and_captions_stay_text(client: TestClient) -> None:
    address = f"/api/image/{quote(ODD_NAME, safe='')}"
    picture = client.get(address)
    assert picture.headers["content-type"] == "image/png"
    assert "sandbox" in picture.headers["content-security-policy"]
    assert "<" not in picture.headers["content-disposition"]
    found = client.post("/api/search/captions", json={"image_id": "beach/red.png"})
    assert found.headers["content-type"] == "application/json"
    missing = client.get("/api/image/<script>alert(1)</script>")
    assert missing.headers["content-type"] == "application/json"
    assert "<script>" not in client.get("/docs").text


class FaultyCollection(Collection):
    """One with a fault of ours in it."""

    def photo(self, photo_id: str) -> PhotoCard | None:
        raise RuntimeError(f"secret of {self.path} and {photo_id}")


def test_a_fault_of_ours_shows_no_trace(indexed: Path) -> None:
    with client_of(FaultyCollection.open(indexed)) as client:
        answer = client.get("/api/image/black.png")
    assert (answer.status_code, code(answer)) == (500, "internal_error")
    assert "secret" not in answer.text
    assert "Traceback" not in answer.text
    assert answer.headers["x-request-id"] in answer.json()["error"]["hint"]
