"""A small library for the server's tests, a client of an application in this process, a server in a thread."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from httpx import Response
from PIL import Image
from starlette.testclient import TestClient

from twinlens.api.library import Collection
from twinlens.rest.app import create_app
from twinlens.rest.process.server import Server, bind, serve
from twinlens.rest.settings import Settings

READY_S = 60
KEY = "correct-horse-battery-staple"
ODD_NAME = "odd/\"><script>alert(1)<'& é 100% #?😀.png"
PHOTOS = {
    "beach/red.png": (200, 30, 30),
    "beach/sea & sand.png": (30, 40, 200),
    "wood/green.png": (30, 180, 40),
    ODD_NAME: (220, 210, 40),
    "black.png": (8, 8, 8),
}
FILE_DATE = 1_588_680_000  # of black.png: in May 2020, everywhere
CAPTIONS = "image,caption\nred.png,a red wall\nred.png,<b>bold</b> red\ngreen.png,a green meadow\n"


def draw(path: Path, colour: tuple[int, int, int], *, size: tuple[int, int] = (96, 64), seed: int = 0) -> Path:
    """A photo of one colour with a little noise."""
    path.parent.mkdir(parents=True, exist_ok=True)
    noise = np.random.default_rng(seed).integers(-6, 7, size=(size[1], size[0], 3))
    Image.fromarray((np.array(colour) + noise).clip(0, 255).astype(np.uint8)).save(path)
    return path


@contextmanager
def client_of(
    place: Path | Collection, settings: Settings | None = None, *, address: str = "127.0.0.1"
) -> Iterator[TestClient]:
    """A client of an application in this process, once that is ready."""
    app = create_app(place, settings=settings or Settings())
    options = {"base_url": "http://localhost", "client": (address, 50000), "raise_server_exceptions": False}
    with TestClient(app, **options) as client:
        until_ready(app)
        yield client


def until_ready(app: Any) -> None:
    """Waits until an application in this process has started, or failed to."""
    deadline = time.monotonic() + READY_S
    while app.state.engine.state in ("new", "starting") and time.monotonic() < deadline:
        time.sleep(0.01)


@contextmanager
def server_of(place: Path | Collection, settings: Settings) -> Iterator[tuple[Server, str]]:
    """A server on a socket, in a thread of this process, and its address; ``settings.port`` should be 0."""
    started: list[Server] = []
    ready = threading.Event()
    listener = bind(settings)
    port = listener.getsockname()[1]

    def run() -> None:
        serve(
            settings,
            listener,
            collection=place if isinstance(place, Collection) else Collection.open(place),
            on_ready=lambda _: ready.set(),
            on_start=started.append,
        )

    thread = threading.Thread(target=run)
    thread.start()
    try:
        assert ready.wait(READY_S)
        yield started[0], f"http://localhost:{port}"
    finally:
        if started:
            started[0].should_exit = True
        thread.join()


def code(answer: Response) -> str:
    """The code for programs in an answer that fails."""
    return str(answer.json()["error"]["code"])
