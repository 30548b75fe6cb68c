"""The page behind nginx and Caddy: below a path, and while somebody scrolls through thousands of photos."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import copytree
from typing import TYPE_CHECKING

import pytest
import requests

from browser.conftest import OpenPage
from browser.drawn_library import multiply
from browser.served_page import PATIENCE_S, ServedPage, until
from deploy.proxies import Certificate, SignIn, caddy, example_of, find, free_port, nginx, replaced, shipped_nginx

if TYPE_CHECKING:
    from playwright.sync_api import Response

pytestmark = [
    pytest.mark.server,
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(os.name == "nt", reason="the proxies are Debian's"),
]
KEY = "a-key-behind-a-proxy"
FLING = 5  # windows that are scrolled past before somebody looks
SEEN_ARE_HERE = """[...document.querySelectorAll(".tile")]
  .filter((one) => one.getBoundingClientRect().bottom > 0 && one.getBoundingClientRect().top < innerHeight)
  .every((one) => one.querySelector("img.is-loaded"))"""
LAST = "Math.max(...[...document.querySelectorAll('.tile')].map((one) => Number(one.dataset.index)))"


@contextmanager
def passed_on(library: Path, folder: Path) -> Iterator[str]:
    """The page at ``/photos/`` of an nginx that passes the path on, as the documentation shows it."""
    port = free_port()
    served = ServedPage(library, "--root-path", "/photos", "--trusted-proxy", "127.0.0.1", "--api-key", KEY)
    location = replaced(example_of("nginx"), {"127.0.0.1:5000": f"127.0.0.1:{served.port}"})
    site = f"server {{\nlisten 127.0.0.1:{port};\n{location}\n}}\n"
    try:
        with nginx(site, folder, port=port, is_tls=False):
            yield f"http://localhost:{port}/photos"
    finally:
        served.stop()


@contextmanager
def removed(library: Path, folder: Path) -> Iterator[str]:
    """The same of a Caddy that removes the path."""
    port = free_port()
    served = ServedPage(library, "--trusted-proxy", "127.0.0.1", "--api-key", KEY)
    pairs = {"example.org": f"http://localhost:{port}", "127.0.0.1:5000": f"127.0.0.1:{served.port}"}
    try:
        with caddy(replaced(example_of("caddyfile"), pairs), folder, port=port, is_tls=False):
            yield f"http://localhost:{port}/photos"
    finally:
        served.stop()


@pytest.mark.parametrize(("proxy", "behind"), [("nginx", passed_on), ("caddy", removed)])
def test_everything_works_below_a_path(
    proxy: str, behind: object, open_page: OpenPage, drawn: Path, tmp_path: Path
) -> None:
    find(proxy)
    with behind(drawn, tmp_path / "proxy") as url:  # type: ignore[operator]
        page = open_page(url, wait=False)  # without the slash: it is sent to where it belongs
        assert page.url == f"{url}/"
        asked: list[Response] = []
        page.on("response", lambda answer: asked.append(answer))
        page.fill("#key", KEY)
        page.click("#key-form button")
        page.wait_for_selector(".tile img.is-loaded")
        page.fill("#words", "a red square")
        page.press("#words", "Enter")
        page.wait_for_selector(".badge")
        page.click(".tile .open")
        page.wait_for_selector("#viewer-facts dl")
        page.reload()
        page.wait_for_selector("#viewer-facts dl")
        page.goto(f"{url}/docs")
        page.click("text=openapi.json")
        assert page.url == f"{url}/openapi.json"
        assert '"url":"/photos"' in page.content().replace(" ", "")
        assert [one.url for one in asked if not one.url.startswith(f"{url}/")] == []
        assert [(one.status, one.url) for one in asked if one.status >= 400] == []
        headers = {"X-API-Key": KEY}
        answer = requests.get(f"{url}/docs/", headers=headers, allow_redirects=False, timeout=PATIENCE_S)
        assert answer.headers["location"] == "/photos/docs"


@pytest.mark.thorough
def test_three_thousand_photos_are_scrolled_through_without_one_error(
    open_page: OpenPage, drawn: Path, tmp_path: Path
) -> None:
    find("nginx")
    certificate, port = Certificate.make(tmp_path), free_port()
    library = Path(copytree(drawn, tmp_path / "photos"))
    multiply(library, 3000)
    served = ServedPage(library, "--trusted-proxy", "127.0.0.1", "--api-key", KEY)
    failed: list[tuple[int, str]] = []

    def note(answer: "Response") -> None:
        if answer.status >= 400:
            failed.append((answer.status, answer.url))

    try:
        with SignIn() as sign_in:
            site = shipped_nginx(
                tmp_path / "n", certificate, port=port, server=served.port, sign_in=sign_in.port, key=KEY
            )
            with nginx(site, tmp_path / "n", port=port):
                page = open_page(f"https://localhost:{port}/", ignore_https_errors=True)
                page.on("response", note)
                last = -1
                while last < 2999:
                    for _ in range(FLING):  # pictures that are left before they have come are cancelled
                        page.evaluate("scrollBy(0, innerHeight)")
                        page.wait_for_timeout(60)
                    until(page, SEEN_ARE_HERE)
                    last = page.evaluate(LAST)
                until(page, SEEN_ARE_HERE)
                assert not page.evaluate("document.querySelectorAll('.tile.is-broken').length")
    finally:
        served.stop()
    assert failed == []
