"""A server of its own for the page, which can be stopped and started again on the same port."""

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Page

PATIENCE_S = 30


class ServedPage:
    """Runs ``twinlens serve`` over a library.

    Args:
        library: an indexed photo folder.
        arguments: of the command besides.
    """

    def __init__(self, library: Path, *arguments: str) -> None:
        self._library, self._arguments = library, arguments
        self._process: subprocess.Popen[str] | None = None
        self.port = 0
        self.url = ""
        self.start()

    def start(self) -> None:
        """Starts it, the second time on the port of the first."""
        line = [sys.executable, "-m", "twinlens", "serve", "--in", str(self._library), "--port", str(self.port)]
        self._process = subprocess.Popen(
            [*line, *self._arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        assert self._process.stdout is not None
        ready = self._process.stdout.readline()
        assert ready, self._process.communicate()[1]
        told = json.loads(ready)
        self.url, self.port = told["url"], told["port"]

    def stop(self) -> None:
        """Ends it as a user would."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.communicate(timeout=30)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.communicate()
        self._process = None


def until(page: "Page", condition: str) -> None:
    """Waits until an expression is true; Playwright's own way is code from text, which the page forbids."""
    deadline = time.monotonic() + PATIENCE_S
    while not page.evaluate(condition):
        assert time.monotonic() < deadline, f"never came true: {condition}"
        page.wait_for_timeout(50)


def on_top(page: "Page", selector: str) -> bool:
    """True where nothing lies over the middle of an element."""
    return bool(
        page.locator(selector).evaluate(
            """one => {
              const { left, top, width, height } = one.getBoundingClientRect();
              return one.contains(document.elementFromPoint(left + width / 2, top + height / 2));
            }"""
        )
    )
