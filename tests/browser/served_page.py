"""A server of its own for the page, which can be stopped and started again on the same port."""

import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playwright.sync_api import Page, Route

PATIENCE_S = 60  # cores may be shared with other work; longer is a fault
# what the first photos do not need has been loaded, too, so that keys and clicks act at once
ALL_PARTS = "performance.getEntriesByName('twinlens: all parts are here').length === 1"


class ServedPage:
    """Runs ``twinlens serve`` over a library.

    Args:
        library: an indexed photo folder; None if the arguments name it.
        arguments: of the command besides.
    """

    def __init__(self, library: Path | None, *arguments: str) -> None:
        self._library, self._arguments = library, arguments
        self._process: subprocess.Popen[str] | None = None
        self.port = 0
        self.url = ""
        self.start()

    def start(self) -> None:
        """Starts it, the second time on the port of the first."""
        place = [] if self._library is None else ["--in", str(self._library)]
        line = [sys.executable, "-m", "twinlens", "serve", *place, "--port", str(self.port)]
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


def intercept(page: "Page", calls: "str | Callable[[str], bool]", handler: Callable[..., Any]) -> None:
    """Answers calls of an open page in the server's place, from now on.

    Chromium says that it hands calls over a little before it does, so this waits until one was.
    """
    page.route(calls, handler)
    page.route("**/is-handed-over", lambda route: route.fulfill(status=204))
    until(page, "fetch('/is-handed-over').then((answer) => answer.status === 204)")


class Held:
    """Calls of an open page that wait until a test answers them.

    Args:
        page: makes the calls.
        calls: which are held.
    """

    def __init__(self, page: "Page", calls: "str | Callable[[str], bool]") -> None:
        self._page, self._routes = page, list["Route"]()
        intercept(page, calls, lambda route: self._routes.append(route))

    def take(self) -> "Route":
        """The oldest that was not taken, once there is one."""
        deadline = time.monotonic() + PATIENCE_S
        while not self._routes:
            assert time.monotonic() < deadline, "no call came"
            self._page.wait_for_timeout(20)
        return self._routes.pop(0)

    def forget(self) -> None:
        """Those that were not taken were made by a page that was left."""
        self._routes.clear()

    def release(self) -> None:
        """Lets those that were not taken go on, and holds no more."""
        self._page.unroute_all()  # what is held goes on with it
        self._routes.clear()


def hold_pictures(page: "Page", address: str) -> Held:
    """Opens a page anew, whose thumbnails are held back; calls of the one before are forgotten."""
    held = Held(page, "**/thumbnail?*")
    page.goto("about:blank")
    held.forget()
    page.goto(address)
    return held


def stop_time(page: "Page") -> None:
    """From now on timers of an open page run as far as ``page.clock.run_for`` lets them."""
    page.clock.install(time=0)
    page.clock.pause_at(1000)


def cut_network(page: "Page") -> None:
    """Lets no call of an open page through, until ``page.unroute_all()``."""
    page.route("**/*", lambda route: route.abort())
    until(page, "fetch('/health').then(() => false, () => true)")


def until_drawn(page: "Page") -> None:
    """Waits for a picture of the page that shows what was done to it before."""
    page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")


def until_at_rest(page: "Page") -> None:
    """Waits until nothing fades or moves in the page any more."""
    until_drawn(page)
    until(page, "document.getAnimations().every((one) => one.playState !== 'running')")


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
