"""How fast a model is here: photos a second, milliseconds a query, memory."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import numpy as np

from twinlens.embedding.local import embed_photos, map_ahead, prepare_photo
from twinlens.errors import PhotoError
from twinlens.evaluation.speed.machine import usable_cores
from twinlens.memory import held_memory_bytes
from twinlens.protocols import DualEncoder
from twinlens.relevance.background import everyday_texts

BATCHES = 4  # of the tower, after one to warm up
QUERIES = 20


@dataclass(frozen=True)
class Speed:
    """A model's speed on this machine, with whatever else runs on it.

    Attributes:
        model: its name.
        computed_on: what computed it, such as "CPU" or "CUDA".
        cores: that it could use.
        tower_photos_per_s: photos that are decoded already.
        photos_per_s: photos from their files, decoded and embedded; None without photos.
        photos: number of files that were read for it.
        query_ms: the median of single short texts.
        memory_bytes: what this process holds with both towers loaded; None where the system does not say.
    """

    model: str
    computed_on: str
    cores: int
    tower_photos_per_s: float
    photos_per_s: float | None
    photos: int
    query_ms: float
    memory_bytes: int | None


def measure_speed(
    encoder: DualEncoder,
    files: Sequence[Path] = (),
    *,
    on_progress: Callable[[int, int], None] | None = None,
) -> Speed:
    """Measures a model on some photos.

    Args:
        encoder: the model.
        files: photos, such as 64 of a library; none = only decoded photos are measured.
        on_progress: called with the number of photos embedded and the total.

    Raises:
        DataError: none of the photos can be read.
    """
    tower = tower_photos_per_s(encoder)
    return Speed(
        model=encoder.name,
        computed_on=encoder.computed_on,
        cores=usable_cores(),
        tower_photos_per_s=tower,
        photos_per_s=photos_per_s(encoder, files, on_progress=on_progress) if files else None,
        photos=len(files),
        query_ms=_query_ms(encoder),
        memory_bytes=held_memory_bytes(),
    )


def tower_photos_per_s(encoder: DualEncoder) -> float:
    """Photos a second of the image tower alone, on random pixels: its speed does not depend on them."""
    from PIL import Image

    side = encoder.input_side
    noise = np.random.default_rng(0).integers(0, 256, (side, side, 3), dtype=np.uint8)
    batch = np.stack([encoder.prepare(Image.fromarray(noise))] * 16)
    encoder.encode_pixels(batch)  # loads the tower
    start = time.perf_counter()
    for _ in range(BATCHES):
        encoder.encode_pixels(batch)
    return BATCHES * len(batch) / (time.perf_counter() - start)


def decoding_s(encoder: DualEncoder, files: Sequence[Path]) -> float:
    """Seconds a photo takes to be read and decoded for this model, all cores together; 0 without photos."""

    def prepare(file: Path) -> bool:
        try:
            prepare_photo(file, encoder)
        except PhotoError:
            return False
        return True

    start = time.perf_counter()
    done = sum(1 for _ in map_ahead(prepare, files))
    return (time.perf_counter() - start) / done if done else 0.0


def photos_per_s(
    encoder: DualEncoder, files: Sequence[Path], *, on_progress: Callable[[int, int], None] | None = None
) -> float:
    """Photos a second from their files, decoded and embedded.

    Raises:
        DataError: none of the photos can be read.
    """

    def show(done: int) -> None:
        if on_progress:
            on_progress(done, len(files))

    encoder.warm_up(image=True)
    start = time.perf_counter()
    embedded = embed_photos(files, encoder, on_progress=show)
    return len(embedded.kept) / (time.perf_counter() - start)


def _query_ms(encoder: DualEncoder) -> float:
    texts = everyday_texts()[: QUERIES + 1]
    encoder.encode_text(texts[:1])  # loads the tower
    seconds = []
    for text in texts[1:]:
        start = time.perf_counter()
        encoder.encode_text([text])
        seconds.append(time.perf_counter() - start)
    return 1000 * median(seconds)
