"""Attacks that were tried on all calls; more: ``gate/``, ``test_hostile_files``, ``test_slow_callers``."""

import struct
import zlib
from pathlib import Path
from urllib.parse import quote

import pytest
from starlette.testclient import TestClient

from rest.served_library import ODD_NAME, code

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


# --- uploads: bombs, what is no photo, malformed -----------------------------------------------------------


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


# --- headers ---------------------------------------------------------------------------------------


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
