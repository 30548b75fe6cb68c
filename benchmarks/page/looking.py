"""Looks at the page as somebody does who opens it, types, scrolls and opens a photo, and takes the time."""

import os
import shutil
import time
from dataclasses import dataclass
from typing import Any

QUIET = ["--disable-background-networking", "--disable-component-update", "--disable-sync"]
WORDS = "a red circle"
PATIENCE_MS = 60_000
QUIET_S = 1.0  # without a request: then nothing loads any more
REST_MS = 300  # after a fling, before somebody looks
FLING = 5  # windows that are scrolled past
FIGURES = (
    "first paint, ms",
    "first photo, ms",
    "all photos in the window, ms",
    "requests before those for photos",
    "bytes before the first photo, KB",
    "bytes until all photos in the window, KB",
    "bytes until nothing loads, KB",
    "keystroke to results, ms",
    "frame while scrolling, ms",
    "tiles visible 300 ms after a fling, %",
    "open to sharp photo, ms",
)
PAINT, PHOTO, WINDOW, REQUESTS, EARLY, SEEN, BYTES, KEY, FRAME, TILES, SHARP = FIGURES
FIRST_PAINT = "performance.getEntriesByName('first-contentful-paint')[0].startTime"
# the page itself notes when photos are here: to ask it takes time, of which a busy machine has little
NOTE = """() => {
  window.noted = {};
  const look = (now) => {
    if (document.querySelector(".tile img.is-loaded")) {
      window.noted.photo ??= now;
      const isSeen = ({ top, bottom }) => bottom > 0 && top < innerHeight;
      const seen = [...document.querySelectorAll(".tile")].filter((one) => isSeen(one.getBoundingClientRect()));
      const isHere = ({ complete, naturalWidth }) => complete && naturalWidth;
      if (seen.every((one) => isHere(one.querySelector("img")))) window.noted.window = now;
    }
    if (!window.noted.window) requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}"""
# from the key to the frame that shows other results
WATCH = """() => {
  window.took = [];
  document.getElementById("words").addEventListener("input", () => { window.pressed = performance.now(); });
  new MutationObserver(() => {
    if (!window.pressed) return;
    const pressed = window.pressed;
    window.pressed = 0;
    requestAnimationFrame(() => window.took.push(performance.now() - pressed));
  }).observe(document.getElementById("status"), { childList: true, characterData: true, subtree: true });
}"""
SCROLL = """() => new Promise((resolve) => {
  const frames = [];
  let last = performance.now();
  const step = (now) => {
    frames.push(now - last);
    last = now;
    window.scrollBy(0, 60);
    if (frames.length < 200) requestAnimationFrame(step);
    else resolve(frames.slice(1));
  };
  requestAnimationFrame(step);
})"""
# past some windows in a fifth of a second, as with a wheel or a finger, then a rest
FLUNG = """([windows, rest]) => new Promise((resolve) => {
  const from = scrollY, started = performance.now();
  const step = (now) => {
    const share = Math.min(1, (now - started) / 200);
    window.scrollTo(0, from + share * windows * innerHeight);
    if (share < 1) requestAnimationFrame(step);
    else setTimeout(() => {
      const tiles = [...document.querySelectorAll(".tile")].filter((one) => {
        const { top, bottom } = one.getBoundingClientRect();
        return bottom > 0 && top < innerHeight;
      });
      const pictures = tiles.map((one) => one.querySelector("img"));
      const here = pictures.filter((one) => one.complete && one.naturalWidth);
      resolve(100 * here.length / Math.max(1, tiles.length));
    }, rest);
  };
  requestAnimationFrame(step);
})"""
# the time from the click to a picture that is not one of the grid; photos are copies of eight, and this one is always
# of the same, for their files differ in size
OPENED = """([patience]) => new Promise((resolve) => {
  const isInView = ({ top, bottom }) => top > 100 && bottom < innerHeight;
  const seen = [...document.querySelectorAll(".tile .open")].filter((one) => isInView(one.getBoundingClientRect()));
  const isCopy = (one) => Number(/many%2F([0-9]+)/.exec(one.querySelector("img").src)?.[1]) % 8 === 3;
  const tile = seen.find(isCopy) ?? seen[0];
  const started = performance.now();
  tile.click();
  const look = () => {
    const picture = document.getElementById("viewer-picture");
    const isOfGrid = /size=(256|512|1024)\\b/.test(picture.src);
    if (picture.src && picture.complete && picture.naturalWidth && !isOfGrid) resolve(performance.now() - started);
    else if (performance.now() - started > patience) resolve(null);
    else requestAnimationFrame(look);
  };
  look();
})"""


@dataclass(frozen=True)
class Network:
    """A line to the server; without numbers, the machine's own.

    Attributes:
        name: of its column.
        latency_ms: there and back.
        bytes_per_s: each way.
    """

    name: str
    latency_ms: int = 0
    bytes_per_s: int | None = None


def look(url: str, runs: int, network: Network) -> dict[str, list[float]]:
    """The figures of a page that is opened anew some times, each with an empty cache."""
    from playwright.sync_api import sync_playwright

    system = next((found for name in ("chromium", "chromium-browser") if (found := shutil.which(name))), None)
    sandbox = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    figures: dict[str, list[float]] = {name: [] for name in FIGURES}
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=system, args=[*QUIET, *sandbox])
        for _ in range(runs):
            context = browser.new_context(viewport={"width": 1280, "height": 800}, service_workers="block")
            context.set_default_timeout(PATIENCE_MS)
            _look_once(context.new_page(), url, network, figures)
            context.close()
        browser.close()
    return figures


def _look_once(page: Any, url: str, network: Network, figures: dict[str, list[float]]) -> None:
    client = page.context.new_cdp_session(page)
    client.send("Network.enable")
    traffic = Traffic(client)
    if network.bytes_per_s:
        line = {"downloadThroughput": network.bytes_per_s, "uploadThroughput": network.bytes_per_s}
        client.send("Network.emulateNetworkConditions", {"offline": False, "latency": network.latency_ms, **line})
    page.add_init_script(f"({NOTE})()")
    page.goto(url)
    page.wait_for_selector(".tile img.is-loaded")
    figures[EARLY].append(traffic.bytes / 1000)
    figures[REQUESTS].append(traffic.requests_before_photos)
    while not (seen := page.evaluate("window.noted.window")):
        page.wait_for_timeout(20)
    figures[SEEN].append(traffic.bytes / 1000)
    figures[WINDOW].append(seen)
    figures[PHOTO].append(page.evaluate("window.noted.photo"))
    figures[PAINT].append(page.evaluate(FIRST_PAINT))
    traffic.settle(page)
    figures[BYTES].append(traffic.bytes / 1000)
    figures[FRAME] += page.evaluate(SCROLL)
    figures[TILES].append(page.evaluate(FLUNG, [FLING, REST_MS]))
    traffic.settle(page)
    if (sharp := page.evaluate(OPENED, [PATIENCE_MS])) is not None:
        figures[SHARP].append(sharp)
    page.keyboard.press("Escape")
    figures[KEY] += _typed(page)


class Traffic:
    """What a page asks for, and what has come.

    Args:
        client: a session of the browser's protocol whose network domain is enabled.
    """

    def __init__(self, client: Any) -> None:
        self._asked: dict[str, str] = {}
        self._waiting: set[str] = set()
        self.bytes = 0
        client.on("Network.requestWillBeSent", self._begin)
        client.on("Network.loadingFinished", self._end)
        client.on("Network.loadingFailed", self._end)

    def _begin(self, told: dict[str, Any]) -> None:
        self._asked.setdefault(told["requestId"], told["request"]["url"])
        if "other_than=" not in told["request"]["url"]:  # waits for a change of the library, which may never come
            self._waiting.add(told["requestId"])

    def _end(self, told: dict[str, Any]) -> None:
        self._waiting.discard(told["requestId"])
        self.bytes += told.get("encodedDataLength", 0)

    @property
    def requests_before_photos(self) -> int:
        """How many were asked for before the first photo was."""
        return next(place for place, url in enumerate(self._asked.values()) if "/thumbnail?" in url)

    def settle(self, page: Any) -> None:
        """Waits until nothing has loaded for a while, at most a minute: what comes later is not counted."""
        deadline, quiet_since = time.monotonic() + PATIENCE_MS / 1000, time.monotonic()
        while time.monotonic() < min(deadline, quiet_since + QUIET_S):
            before = len(self._asked)
            page.wait_for_timeout(50)
            if self._waiting or len(self._asked) > before:
                quiet_since = time.monotonic()


def _typed(page: Any) -> list[float]:
    """Times of single keystrokes, each after the results of the one before."""
    page.evaluate(WATCH)
    for number, letter in enumerate(WORDS, start=1):
        page.locator("#words").press(letter if letter != " " else "Space")
        for _ in range(100):
            page.wait_for_timeout(50)
            if page.evaluate("window.took.length") >= number:
                break
    took: list[float] = page.evaluate("window.took")
    return took
