"""Fixtures of the server's tests: a small library, a client inside the process, servers of their own."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pillow_heif
import pytest
from PIL import Image
from starlette.testclient import TestClient

from rest.served_library import CAPTIONS, FILE_DATE, KEY, PHOTOS, client_of, draw
from twinlens.api.library import Collection
from twinlens.rest.settings import Settings


@pytest.fixture(scope="session")
def indexed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library that was indexed with the embedded model; tests that change one copy it."""
    root = tmp_path_factory.mktemp("served") / "photos"
    for number, (name, colour) in enumerate(PHOTOS.items()):
        draw(root / name, colour, seed=number)
    turned = Image.open(root / "wood" / "green.png").convert("RGB")
    exif = Image.Exif()
    exif[0x0112] = 6  # the phone was held upright
    exif[0x0110] = "Twin Reflex"
    exif.get_ifd(0x8769)[0x9003] = "2023:06:30 12:00:00"
    turned.save(root / "turned.jpg", exif=exif, quality=95)
    pillow_heif.from_pillow(turned).save(root / "phone.heic")
    for file in root.rglob("*.*"):
        os.utime(file, (0, 0))  # a file date that is none
    os.utime(root / "black.png", (FILE_DATE, FILE_DATE))
    (root / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0 no photo")
    captions = root.parent / "captions.csv"
    captions.write_text(CAPTIONS, encoding="utf-8")
    with Collection.create([root]) as collection:
        collection.index(captions=captions)
    return root


@pytest.fixture
def library(indexed: Path, tmp_path: Path) -> Path:
    """A copy that a test may change."""
    return Path(shutil.copytree(indexed, tmp_path / "photos"))


@pytest.fixture(scope="session")
def client(indexed: Path) -> Iterator[TestClient]:
    """A client for tests that change nothing."""
    with client_of(indexed) as made:
        yield made


@pytest.fixture
def locked(indexed: Path) -> Iterator[TestClient]:
    """A client of a server that requires a key and listens on all interfaces."""
    with client_of(indexed, Settings(host="0.0.0.0", api_key=KEY), address="203.0.113.7") as made:
        made.headers["Host"] = "photos.example.org"
        yield made


@dataclass(frozen=True)
class Served:
    """A server in a process of its own."""

    url: str
    port: int
    process: "subprocess.Popen[str]"


Serve = Callable[..., AbstractContextManager[Served]]


@pytest.fixture
def serve(own_home: Path) -> Serve:
    """Runs ``twinlens serve --port 0 …`` until the block ends."""

    @contextmanager
    def run(place: Path | str, *arguments: object, port: int = 0, option: str = "--in") -> Iterator[Served]:
        line = [sys.executable, "-m", "twinlens", "serve", option, place, "--port", port, *arguments]
        process = subprocess.Popen(
            [str(part) for part in line], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        try:
            assert process.stdout is not None
            ready = process.stdout.readline()
            assert ready, process.stderr.read() if process.stderr else ""
            told = json.loads(ready)
            yield Served(told["url"], told["port"], process)
        finally:
            process.terminate()
            try:
                process.communicate(timeout=60)
            except subprocess.TimeoutExpired:
                process.kill()
                process.communicate()

    return run
