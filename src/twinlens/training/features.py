"""Features of frozen towers, computed once and cached on disk."""

import hashlib
import logging
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import onnxruntime
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from twinlens.data.images import open_photo
from twinlens.embedding import map_ahead
from twinlens.errors import PhotoError
from twinlens.model.preprocess import Preprocessing
from twinlens.training.export import export_image_model
from twinlens.types import Pixels

logger = logging.getLogger(__name__)
BATCH = 16


def weights_digest(module: nn.Module) -> str:
    """Hash of a module's parameters and buffers."""
    digest = hashlib.sha256()
    for name, value in sorted(module.state_dict().items()):
        digest.update(name.encode())
        digest.update(value.detach().cpu().numpy().tobytes())
    return digest.hexdigest()[:16]


def image_features(
    tower: nn.Module,
    preprocessing: Preprocessing,
    paths: Sequence[Path],
    *,
    cache: Path,
    on_progress: Callable[[int], None] | None = None,
) -> Tensor:
    """[N, F] pooled features of photos, from the cache where the same were computed before.

    The cache key covers the tower's weights, the preprocessing and the photos' names,
    sizes and dates.

    Raises:
        PhotoError: a photo of the training data cannot be read.
    """
    key = hashlib.sha256()
    key.update(weights_digest(tower).encode())
    key.update(preprocessing.model_dump_json().encode())
    for path in paths:
        stat = path.stat()
        key.update(f"{path.name}\0{stat.st_size}\0{stat.st_mtime_ns}\0".encode())
    file = cache / f"image-features-{key.hexdigest()[:16]}.npy"
    if file.exists():
        logger.info("image features of %d photos from %s", len(paths), file)
        return torch.from_numpy(np.load(file))
    features = _compute(tower, preprocessing, paths, on_progress)
    cache.mkdir(parents=True, exist_ok=True)
    partial = file.with_suffix(".partial.npy")
    np.save(partial, features)
    partial.replace(file)
    return torch.from_numpy(features)


def _compute(
    tower: nn.Module,
    preprocessing: Preprocessing,
    paths: Sequence[Path],
    on_progress: Callable[[int], None] | None,
) -> NDArray[np.float32]:
    def prepare(path: Path) -> Pixels:
        try:
            return preprocessing.pixels(open_photo(path).image)
        except PhotoError as error:
            raise PhotoError(f"{path}: {error}") from error

    rows = []
    waiting = []
    with tempfile.TemporaryDirectory() as folder:
        run = _fast_runner(tower, Path(folder) / "tower.onnx", image_size=preprocessing.image_size)
        for number, (_, pixels) in enumerate(map_ahead(prepare, paths), start=1):
            waiting.append(pixels)
            if len(waiting) == BATCH or number == len(paths):
                rows.append(run(preprocessing.normalize(np.stack(waiting))))
                waiting = []
                if on_progress:
                    on_progress(number)
    return np.concatenate(rows)


def _fast_runner(
    tower: nn.Module, file: Path, *, image_size: int
) -> Callable[[NDArray[np.float32]], NDArray[np.float32]]:
    """The tower in ONNX Runtime: the same features to 1e-5, about six times as fast as eager torch on a CPU."""
    export_image_model(tower, file, image_size=image_size, outputs=("features",))
    session = onnxruntime.InferenceSession(str(file), providers=["CPUExecutionProvider"])

    def run(pixels: NDArray[np.float32]) -> NDArray[np.float32]:
        features: NDArray[np.float32] = session.run(["features"], {"pixels": pixels})[0]
        return features

    return run
