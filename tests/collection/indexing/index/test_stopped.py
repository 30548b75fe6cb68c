"""A run that is stopped leaves no thread behind: what it reads from would be closed under it."""

import threading
from pathlib import Path

import pytest

from collection.indexing.index.conftest import CountingEncoder, Indexing
from conftest import COLOURS, PhotoMaker
from twinlens.collection.indexing.index import index_folders
from twinlens.collection.indexing.telling.progress import SilentListener
from twinlens.collection.indexing.telling.report import IndexReport
from twinlens.protocols import EncodedImages
from twinlens.types import Pixels


class InterruptedEncoder(CountingEncoder):
    """Gets Ctrl+C in its second batch."""

    def encode_pixels(self, pixels: Pixels) -> EncodedImages:
        if self.embedded:
            raise KeyboardInterrupt
        return super().encode_pixels(pixels)


class InterruptedListener(SilentListener):
    """Gets Ctrl+C when the first batch is stored."""

    def advanced(self, done: int, report: IndexReport) -> None:
        raise KeyboardInterrupt


@pytest.mark.parametrize("where", ["encoder", "listener"])
def test_no_photo_is_read_after_an_interrupt(
    indexing: Indexing, make_photo: PhotoMaker, photos: Path, tmp_path: Path, where: str
) -> None:
    for number in range(40):
        make_photo(f"{number}.png", list(COLOURS)[number % len(COLOURS)], seed=number)
    encoder = InterruptedEncoder() if where == "encoder" else CountingEncoder()
    listener = InterruptedListener() if where == "listener" else SilentListener()
    with pytest.raises(KeyboardInterrupt) as stopped:
        index_folders(indexing.catalog, encoder, indexing.folders, listener=listener)
    assert stopped.value  # its traceback keeps the run
    assert [thread.name for thread in threading.enumerate() if thread.name.startswith("decode")] == []
    assert indexing.catalog.count() == 16
