"""Eight clients upload damaged and costly pictures: thumbnails are answered as if they did not."""

import itertools
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import quote

import httpx
import numpy as np
import pytest
from PIL import Image

from data.made_pictures import KINDS, encoded, mutated, picture
from rest.conftest import Serve
from rest.served_library import draw
from twinlens.api.library import Collection

CLIENTS = 8
ROUNDS = 2  # quiet and busy in turn, so that what else runs on this machine slows down both
SIDES = range(200, 206)  # pixels; each thumbnail is drawn anew
MOST_RATIO = 5.0  # 0.95 and 1.07 as measured; behind an upload of a second it would be 20 and more


@pytest.mark.thorough
@pytest.mark.slow
@pytest.mark.server
def test_thumbnails_do_not_wait_for_uploads(library: Path, serve: Serve) -> None:
    names = [f"large/{number}.jpg" for number in range(3)]
    for number, name in enumerate(names):
        draw(library / name, (30, 40, 200), size=(3000, 2000), seed=number)
    with Collection.open(library) as collection:
        collection.index()
    files = _uploads()  # made before: the clients share this machine with the server
    go, stop, statuses = threading.Event(), threading.Event(), list[int]()
    quiet, busy = list[float](), list[float]()
    with serve(library, "--thumbnails-mb", "0") as served, ThreadPoolExecutor(CLIENTS) as threads:
        uploading = [
            threads.submit(_upload, served.url, files[4 * number :] + files[: 4 * number], go, stop, statuses)
            for number in range(CLIENTS)
        ]
        for _ in range(ROUNDS):
            quiet += _thumbnail_times(served.url, names)
            go.set()
            before = len(statuses)
            while len(statuses) < before + CLIENTS:
                time.sleep(0.05)
            busy += _thumbnail_times(served.url, names)
            go.clear()
            before = -1
            while before != len(statuses):  # the last of them
                before = len(statuses)
                time.sleep(2)
        stop.set()
        go.set()
        for one in uploading:
            one.result()
        assert httpx.get(f"{served.url}/health").json()["status"] == "healthy"
    assert set(statuses) <= {200, 413, 415, 422, 503}
    figures = [float(np.percentile(times, share)) * 1e3 for share in (50, 95) for times in (quiet, busy)]
    print("quiet and busy: median {:.0f} and {:.0f} ms, 95 % {:.0f} and {:.0f} ms".format(*figures))  # noqa: T201
    assert np.median(busy) < MOST_RATIO * np.median(quiet)


def _thumbnail_times(url: str, names: list[str]) -> list[float]:
    """Of thumbnails that no cache holds, asked for one after the other."""
    times = []
    with httpx.Client(base_url=url, timeout=60) as client:
        for side, name in itertools.product(SIDES, names):
            started = time.perf_counter()
            assert client.get(f"/api/image/{quote(name, safe='')}/thumbnail?size={side}").status_code == 200
            times.append(time.perf_counter() - started)
    return times


def _uploads() -> list[bytes]:
    """Mutated files of all kinds, and every fourth one a small file of 98 megapixels."""
    random = np.random.default_rng(0)
    heavy = encoded(Image.new("L", (9900, 9900)), "PNG")
    files = [mutated(picture(kind, 128, 128), random) for kind in KINDS for _ in range(3)]
    random.shuffle(files)
    return [file for start in range(0, len(files), 3) for file in (heavy, *files[start : start + 3])]


def _upload(url: str, files: list[bytes], go: threading.Event, stop: threading.Event, statuses: list[int]) -> None:
    with httpx.Client(base_url=url, timeout=120) as client:
        for data in itertools.cycle(files):
            go.wait()
            if stop.is_set():
                return
            statuses.append(client.post("/api/search/image", files={"file": ("x", data)}).status_code)
