"""What tests of an opened collection share."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from conftest import PhotoMaker
from twinlens.collection.collection import Collection
from twinlens.types import Hit

OpenCollection = Callable[..., Collection]


def ids(hits: Sequence[Hit]) -> list[str]:
    return [hit.id for hit in hits]


def listing(folder: Path) -> dict[str, tuple[int, int]]:
    """Every file below a folder, with its size and date."""
    return {
        str(file.relative_to(folder)): (file.stat().st_size, file.stat().st_mtime_ns)
        for file in folder.rglob("*")
        if file.is_file()
    }


@pytest.fixture
def indexed(make_photo: PhotoMaker, open_collection: OpenCollection) -> Collection:
    """red.png, blue.png, sub/green.png and sub/deep/yellow.png."""
    make_photo("red.png", "red")
    make_photo("blue.png", "blue")
    make_photo("sub/green.png", "green")
    make_photo("sub/deep/yellow.png", "yellow")
    collection = open_collection()
    collection.index()
    return collection
