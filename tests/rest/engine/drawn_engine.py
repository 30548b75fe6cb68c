"""An engine over photos drawn in code, and pictures to send it."""

import io
from pathlib import Path
from typing import Any

from PIL import Image

from conftest import ColourEncoder
from twinlens.api.library import Collection
from twinlens.rest.engine.engine import Engine
from twinlens.rest.metrics import Metrics
from twinlens.rest.settings import Settings


def engine_of(photos: Path, encoder: ColourEncoder, **settings: Any) -> Engine:
    """An engine of the photos, indexed by the encoder; nothing is started."""
    collection = Collection.create([photos], model=encoder)
    collection.index()
    return Engine(collection, Settings(**settings), Metrics())


def png(colour: tuple[int, int, int], size: tuple[int, int] = (40, 30)) -> bytes:
    """A picture of one colour."""
    buffer = io.BytesIO()
    Image.new("RGB", size, colour).save(buffer, "PNG")
    return buffer.getvalue()
