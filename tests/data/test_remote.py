"""A picture named by its address, from a small real server on loopback."""

import contextlib
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from twinlens.data import remote
from twinlens.data.images import open_photo
from twinlens.data.remote import fetch_photo_bytes, is_url
from twinlens.errors import PhotoError

pytestmark = pytest.mark.server


def drip(request: BaseHTTPRequestHandler) -> None:
    """Sends a byte now and then, in the head or the body, for 20 seconds or until the other side has gone."""
    head = b"HTTP/1.0 200 OK\r\n" if request.path == "/drip-head" else b"HTTP/1.0 200 OK\r\n\r\n"
    with contextlib.suppress(OSError):
        request.wfile.write(head)
        for _ in range(1000):
            request.wfile.write(b"a")
            time.sleep(0.02)


@pytest.fixture
def server(make_photo) -> Iterator[str]:
    picture = make_photo("a.png", "green").read_bytes()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path.startswith("/drip"):
                drip(self)
                return
            if self.path.startswith("/to?"):
                self.send_response(302)
                self.send_header("Location", self.path.removeprefix("/to?"))
                self.end_headers()
                return
            found = self.path == "/a.png"
            self.send_response(200 if found else 404)
            self.end_headers()
            self.wfile.write(picture if found else b"no such picture")

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            return

    httpd = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=httpd.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{httpd.server_port}"
    httpd.shutdown()
    thread.join()
    httpd.server_close()


def test_a_picture_is_fetched(server: str) -> None:
    assert open_photo(fetch_photo_bytes(f"{server}/a.png")).image.size == (48, 36)


def test_an_error_of_the_server_is_named(server: str) -> None:
    with pytest.raises(PhotoError, match="answered 404"):
        fetch_photo_bytes(f"{server}/b.png")


def test_a_server_that_is_not_there_is_named() -> None:
    with pytest.raises(PhotoError, match="download failed"):
        fetch_photo_bytes("http://127.0.0.1:9/a.png")


def test_too_many_bytes_are_refused(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote, "MAX_BYTES", 20)
    with pytest.raises(PhotoError, match="more than"):
        fetch_photo_bytes(f"{server}/a.png")


@pytest.mark.parametrize("path", ["/drip-head", "/drip-body", "/to?/drip-body"])
def test_a_server_that_sends_a_byte_at_a_time_is_given_up_in_time(server: str, path: str) -> None:
    with pytest.raises(PhotoError, match=r"it has not arrived within 0\.2 seconds"):
        fetch_photo_bytes(server + path, timeout_s=0.2)


def test_a_redirection_is_followed_to_the_web_alone(server: str, tmp_path: Path) -> None:
    assert fetch_photo_bytes(f"{server}/to?/a.png") == fetch_photo_bytes(f"{server}/a.png")
    (tmp_path / "secret").write_text("secret")
    for address in (f"file://{tmp_path}/secret", "ftp://127.0.0.1:9/a.png", "data:,secret"):
        with pytest.raises(PhotoError, match=r"the server answered 302|unknown url type: ftp"):
            fetch_photo_bytes(f"{server}/to?{address}")


@pytest.mark.parametrize(
    ("text", "expected"), [("http://x/a.jpg", True), ("HTTPS://x/a", True), ("http is a protocol", False)]
)
def test_addresses_are_told_from_words(text: str, expected: bool) -> None:
    assert is_url(text) is expected
