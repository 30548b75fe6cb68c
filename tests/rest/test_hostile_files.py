"""Pictures, names, captions and links that were made to harm: what was tried, and its result."""

import io
import os
import sqlite3
import struct
import sys
import time
import zlib
from pathlib import Path

import numpy as np
import pytest
from httpx import Response
from PIL import Image
from starlette.testclient import TestClient

from data.made_pictures import encoded
from rest.served_library import ODD_NAME, client_of, code, draw
from twinlens.api.library import Collection
from twinlens.rest.settings import Settings

SCRIPT = "</script><script>alert(1)</script><img src=x onerror=alert(1)>"
HEADER_CLAIMS = {  # each claims far more pixels than it has bytes
    "gif": b"GIF89a" + struct.pack("<HHBBB", 65_535, 65_535, 0, 0, 0) + b";",
    "bmp": b"BM"
    + struct.pack("<IHHI", 154, 0, 0, 54)
    + struct.pack("<IiiHHI", 40, 60_000, 60_000, 1, 24, 0)
    + bytes(100),
    "tiff": b"II*\0\x08\0\0\0"
    + struct.pack("<H", 6)
    + b"".join(
        struct.pack("<HHII", tag, kind, 1, value)
        for tag, kind, value in [(256, 4, 90_000), (257, 4, 90_000), (258, 3, 8), (259, 3, 1), (262, 3, 1), (273, 4, 8)]
    )
    + bytes(4),
    "webp": b"RIFF" + struct.pack("<I", 22) + b"WEBPVP8X" + struct.pack("<I", 10) + bytes(4) + b"\xff\x3f\0\xff\x3f\0",
}


def post(client: TestClient, data: bytes) -> int:
    """The status for an uploaded picture; every failure has our shape."""
    answer = client.post("/api/search/image", files={"file": ("x", data)})
    assert answer.status_code == 200 or set(answer.json()["error"]) == {"code", "message", "hint"}
    return answer.status_code


def png_chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


# --- pictures ------------------------------------------------------------------------------------


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
@pytest.mark.parametrize("kind", HEADER_CLAIMS)
def test_a_bomb_in_any_format_is_refused_at_once(client: TestClient, kind: str) -> None:
    started = time.process_time()
    assert post(client, HEADER_CLAIMS[kind]) in (413, 415)
    assert time.process_time() - started < 2


def test_a_text_bomb_inside_a_picture_is_not_unpacked(client: TestClient) -> None:
    buffer = io.BytesIO()
    Image.new("RGB", (32, 32)).save(buffer, "PNG")
    picture = buffer.getvalue()
    packed = zlib.compress(bytes(50_000_000))  # 50 KB that unpack to 50 MB
    for bomb in (png_chunk(b"zTXt", b"a\0\0" + packed), png_chunk(b"iCCP", b"a\0\0" + packed)):
        assert post(client, picture[:33] + bomb + picture[33:]) in (200, 415)


def refusal(client_answer: Response) -> tuple[int, str]:
    return client_answer.status_code, code(client_answer)


@pytest.mark.skipif(sys.platform == "win32", reason="no CPU timers there")
def test_a_small_picture_that_takes_long_is_given_up_and_the_next_is_answered(library: Path) -> None:
    with client_of(library, Settings(max_decode_s=0.1, max_megapixels=200)) as client:
        files = {"file": ("x", encoded(Image.new("L", (12_000, 12_000)), "PNG"))}  # 140 KB; half a second
        for call in ("image", "captions"):
            assert refusal(client.post(f"/api/search/{call}", files=files)) == (422, "slow_picture")
    with client_of(library) as client:
        assert post(client, encoded(Image.new("RGB", (64, 64)), "PNG")) == 200


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux limits memory")
def test_a_small_picture_that_takes_much_memory_is_too_large(library: Path) -> None:
    with client_of(library, Settings(max_decode_mb=150, max_megapixels=200)) as client:
        files = {"file": ("x", encoded(Image.new("L", (12_000, 12_000)), "PNG"))}
        assert refusal(client.post("/api/search/image", files=files)) == (413, "picture_too_large")
        assert post(client, encoded(Image.new("RGB", (64, 64)), "PNG")) == 200


def test_many_frames_cost_no_more_than_one(client: TestClient) -> None:
    frames = [Image.new("L", (64, 64), number % 256) for number in range(400)]
    buffer = io.BytesIO()
    frames[0].save(buffer, "GIF", save_all=True, append_images=frames[1:])
    started = time.process_time()
    assert post(client, buffer.getvalue()) == 200
    assert time.process_time() - started < 2


def test_pictures_damaged_anywhere_are_read_or_refused_and_never_a_fault_of_ours(client: TestClient) -> None:
    random = np.random.default_rng(0)
    for kind in ("JPEG", "PNG", "GIF", "TIFF", "WEBP"):
        buffer = io.BytesIO()
        Image.fromarray(random.integers(0, 255, (40, 40, 3), dtype=np.uint8)).save(buffer, kind)
        for _ in range(8):
            data = bytearray(buffer.getvalue())
            for place in random.integers(0, len(data), 5):
                data[place] = random.integers(256)
            assert post(client, bytes(data[: random.integers(20, len(data) + 1)])) in (200, 413, 415)


# --- names and captions ----------------------------------------------------------------------------


def test_scripts_in_names_and_captions_reach_nobody_as_markup(library: Path) -> None:
    captions = library.parent / "hostile.csv"
    captions.write_text(
        f'image,caption\nblack.png,"{SCRIPT}"\ngreen.png,"=HYPERLINK(""http://evil.example"")"\n', "utf-8"
    )
    with Collection.open(library) as collection:
        collection.index(captions=captions)
    with client_of(library) as client:
        answers = [
            client.get("/api/photo/black.png"),
            client.post("/api/search/captions", json={"image_id": "black.png"}),
            client.post("/api/search/text", json={"query": SCRIPT}),
            client.post("/api/search/text", json={"query": "a dog", "folder": SCRIPT}),
            client.get(f"/api/photo/{SCRIPT}"),
            client.get("/api/collection"),
        ]
        csv = client.post("/api/archive/list", json={"image_ids": ["black.png", "wood/green.png"]})
    assert SCRIPT in answers[0].json()["captions"]
    for answer in answers:
        assert answer.headers["content-type"] == "application/json"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    assert csv.headers["content-disposition"].startswith("attachment")
    assert ",=HYPERLINK" not in csv.text  # a spreadsheet would run it
    assert ',"=HYPERLINK' not in csv.text


def test_a_name_splits_no_header(client: TestClient) -> None:
    answer = client.get(
        "/api/image/" + "odd/%22%3E%3Cscript%3Ealert(1)%3C%27%26%20%C3%A9%20100%25%20%23%3F%F0%9F%98%80.png"
    )
    assert answer.status_code == 200, ODD_NAME
    assert answer.headers["content-disposition"].count('"') in (0, 2)
    assert "\n" not in answer.headers["content-disposition"]


def test_a_photo_that_became_a_web_page_is_not_sent(library: Path) -> None:
    (library / "black.png").write_text(f"<!doctype html>{SCRIPT}", "utf-8")
    with client_of(library) as client:
        for path in ("/api/image/black.png", "/api/image/black.png/thumbnail"):
            answer = client.get(path)
            assert (answer.status_code, answer.json()["error"]["code"]) == (410, "photo_gone")


def test_a_photo_that_became_a_kind_that_is_not_read_is_no_page(library: Path) -> None:
    (library / "black.png").write_text(f"<svg xmlns='http://www.w3.org/2000/svg'>{SCRIPT}</svg>", "utf-8")
    with client_of(library) as client:
        answer = client.get("/api/image/black.png")
        assert answer.headers["content-type"] == "application/octet-stream"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "sandbox" in answer.headers["content-security-policy"]


def test_a_catalog_that_names_other_files_gives_none_but_pictures(library: Path, tmp_path: Path) -> None:
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret" / "key.txt").write_text("a secret")
    catalog = sqlite3.connect(library / ".twinlens" / "catalog.sqlite")
    catalog.execute("UPDATE folders SET path = ?", [str(tmp_path / "secret")])
    catalog.execute("UPDATE photos SET path = 'key.txt' WHERE path = 'black.png'")
    catalog.commit()
    catalog.close()
    with client_of(library) as client:
        assert client.get("/api/image/key.txt").status_code == 410
        taken = client.post("/api/archive", json={"image_ids": ["key.txt"]})
        assert b"a secret" not in taken.content


# --- links -----------------------------------------------------------------------------------------


@pytest.mark.skipif(os.name == "nt", reason="making links needs a right there")
def test_a_folder_that_became_a_link_out_of_the_library_gives_nothing(library: Path, tmp_path: Path) -> None:
    (library / "wood").rename(tmp_path / "elsewhere")
    (library / "wood").symlink_to(tmp_path / "elsewhere")
    with client_of(library) as client:
        for path in ("/api/image/wood/green.png", "/api/image/wood/green.png/thumbnail"):
            answer = client.get(path)
            assert (answer.status_code, answer.json()["error"]["code"]) == (403, "outside_library")
            assert str(tmp_path) not in answer.text
        taken = client.post("/api/archive", json={"image_ids": ["wood/green.png"]})
        assert b"\x89PNG" not in taken.content


@pytest.mark.skipif(os.name == "nt", reason="there are no such files")
def test_a_photo_that_became_a_pipe_holds_nobody_up(library: Path) -> None:
    (library / "black.png").unlink()
    os.mkfifo(library / "black.png")
    with client_of(library) as client:
        for path in ("/api/image/black.png", "/api/image/black.png/thumbnail"):
            assert client.get(path).status_code == 410


def test_a_photo_that_is_replaced_while_it_is_served_stays_one_photo(library: Path) -> None:
    with client_of(library) as client:
        before = client.get("/api/image/black.png")
        draw(library / "black.png", (250, 250, 250), size=(200, 200))
        after = client.get("/api/image/black.png", headers={"If-None-Match": before.headers["etag"]})
        assert after.status_code == 200
        assert after.content == (library / "black.png").read_bytes()
