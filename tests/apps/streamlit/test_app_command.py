"""``twinlens app`` as a command: what is refused in one line, and the page in a real browser."""

import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests
from typer.testing import CliRunner

from twinlens.apps.streamlit import launch
from twinlens.cli.main import app

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
START_S = 120
QUIET = "--no-sandbox --disable-background-networking --disable-component-update --disable-sync --disable-dev-shm-usage"


def refused(*arguments: object) -> str:
    """The line on stderr of a command that gives up."""
    done = CliRunner().invoke(app, ["app", *map(str, arguments)])
    assert done.exit_code == 1, done.output
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1
    return done.stderr


def test_what_keeps_it_from_starting_is_one_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert "--server must be a URL" in refused("--server", "localhost:5000")
    assert "key file" in refused("--server", "http://localhost:5000", "--api-key-file", tmp_path / "none")
    with socket.create_server((launch.HOST, 0)) as taken:
        port = taken.getsockname()[1]
        assert f"--port {port + 1}" in refused("--port", port)
    monkeypatch.setitem(sys.modules, "streamlit", None)
    assert 'pip install "twinlens[streamlit]"' in refused()


def test_photos_here_and_a_server_at_once_are_wrong_usage(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["app", "--in", str(tmp_path), "--server", "http://localhost:5000"])
    assert done.exit_code == 2


def test_the_help_needs_no_streamlit() -> None:
    code = (
        "import sys; sys.argv = ['twinlens', 'app', '--help']\n"
        "from twinlens.cli.main import app\n"
        "try: app()\n"
        "except SystemExit: sys.exit('streamlit' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False, capture_output=True).returncode == 0


@contextmanager
def running(*arguments: object) -> Iterator[str]:
    """The address of the app in a process of its own."""
    line = [sys.executable, "-m", "twinlens", "app", "--port", "0", *map(str, arguments)]
    with subprocess.Popen(line, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stderr is not None
            said = process.stderr.readline()
            found = re.search(r"http://127\.0\.0\.1:\d+", said)
            assert found, said
            _wait(found[0])
            yield found[0]
        finally:
            process.terminate()


def _wait(url: str) -> None:
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        try:
            if requests.get(f"{url}/_stcore/health", timeout=5).ok:
                return
        except requests.RequestException:
            time.sleep(0.3)
    raise AssertionError(f"nothing answers at {url}")


@pytest.mark.slow
@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")
def test_a_browser_finds_photos_by_words_and_by_picture(indexed: Path, tmp_path: Path) -> None:
    # in a thread of its own: the browser of the page's tests keeps an event loop running in this one
    with ThreadPoolExecutor(1) as thread:
        thread.submit(_find_photos_in_a_browser, indexed, tmp_path).result()


def _find_photos_in_a_browser(indexed: Path, tmp_path: Path) -> None:
    from playwright.sync_api import expect, sync_playwright

    asked: list[str] = []
    with running("--in", indexed) as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET.split())
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.on("request", lambda request: asked.append(request.url))
        page.set_default_timeout(START_S * 1000)
        expect.set_options(timeout=START_S * 1000)
        page.goto(url)
        page.get_by_label("What to look for").fill("a green meadow")
        page.get_by_label("What to look for").press("Enter")
        expect(page.get_by_text("green.png").first).to_be_visible()
        expect(page.get_by_text("by name, caption or tag")).to_be_visible()
        expect(page.locator("[data-testid=stImage] img").first).to_have_js_property("complete", True)
        assert page.locator("[data-testid=stImage] img").first.evaluate("image => image.naturalWidth") > 0
        page.screenshot(path=tmp_path / "words.png", full_page=True)
        page.get_by_label("What to look for").fill("")
        page.get_by_label("What to look for").press("Enter")
        page.get_by_role("button", name="By picture").click()
        page.locator("input[type=file]").first.set_input_files(indexed / "beach" / "red.png")
        expect(page.get_by_text("Photos are compared by their features")).to_be_visible()
        page.get_by_role("button", name="By picture").click()
        expect(page.locator(".st-key-photos-found").get_by_text("red.png").first).to_be_visible()
        page.set_viewport_size({"width": 390, "height": 844})  # on a phone nothing lies over anything
        page.get_by_role("button", name="By picture").click(trial=True)
        page.get_by_role("button", name="Filters").click(trial=True)
        page.screenshot(path=tmp_path / "picture.png", full_page=True)
        assert page.locator("[data-testid=stException]").count() == 0
        browser.close()
    assert [address for address in asked if not address.startswith((url, "data:", "blob:", "ws://127.0.0.1"))] == []
