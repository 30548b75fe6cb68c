"""Photos in the memory of this process, which fsspec treats as object storage, and counts of what is asked of it."""

import io
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from fsspec.implementations.memory import MemoryFileSystem
from PIL import Image

from conftest import COLOURS


def coloured(colour: str, *, side: int = 24, image_format: str = "PNG") -> bytes:
    """The content of a photo of one colour."""
    content = io.BytesIO()
    Image.new("RGB", (side, side), COLOURS[colour]).save(content, image_format)
    return content.getvalue()


def put(bucket: str, objects: dict[str, bytes]) -> None:
    """Writes objects, by their keys."""
    for key, content in objects.items():
        MemoryFileSystem().pipe_file(f"/{bucket}/{key}", content)


def remove(bucket: str, key: str = "") -> None:
    """Removes an object, or all of a bucket."""
    MemoryFileSystem().rm(f"/{bucket}/{key}".rstrip("/"), recursive=True)


@contextmanager
def asked(monkeypatch: pytest.MonkeyPatch, *, fails: Exception | None = None, times: int = 10**9) -> Iterator[Counter]:
    """Counts what is asked of the storage, by method; the first ``times`` calls fail if that is wanted."""
    counts: Counter[str] = Counter()

    def counting(name: str) -> Any:
        method = getattr(MemoryFileSystem, name)

        def call(self: MemoryFileSystem, *args: Any, **options: Any) -> Any:
            counts[name] += 1
            if fails is not None and counts.total() <= times:
                raise fails
            return method(self, *args, **options)

        return call

    with monkeypatch.context() as patch:
        patch.setattr("twinlens.data.objects.storage.FIRST_WAIT_S", 0.0)
        for name in ("cat_file", "ls", "info"):
            patch.setattr(MemoryFileSystem, name, counting(name))
        yield counts
