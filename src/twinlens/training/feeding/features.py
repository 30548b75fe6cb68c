"""Features of frozen towers, computed once and cached on disk."""

import hashlib
import logging
import os
import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from twinlens.counted import counted
from twinlens.data.images import open_photo, photo_stamp
from twinlens.embedding.local import map_ahead
from twinlens.errors import PhotoError, TrainingError
from twinlens.model.preprocess import Preprocessing
from twinlens.training.feeding.augment import Augmentation
from twinlens.training.feeding.inputs import LiveTexts, pad
from twinlens.training.feeding.seeds import derived_seed
from twinlens.training.parts.export import export_image_model
from twinlens.training.parts.towers import ImageTower
from twinlens.types import Pixels

logger = logging.getLogger(__name__)
IMAGE_BATCH = 16
TEXT_BATCH = 128

OnProgress = Callable[[str, int, int], None]
"""Called with the name of the step, the number done and the total."""
Run = Callable[[NDArray[np.float32]], Sequence[NDArray[np.float32]]]
"""Normalised pixels → outputs of a module."""


def weights_digest(module: nn.Module) -> str:
    """Hash of a module's parameters and buffers."""
    digest = hashlib.sha256()
    for name, value in sorted(module.state_dict().items()):
        digest.update(name.encode())
        digest.update(value.detach().cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()[:16]


@dataclass(frozen=True)
class Views:
    """How prepared photos are augmented before they go through a tower.

    Attributes:
        augmentation: None = no augmentation.
        seed: of the augmentation.
        may_flip: [N], whether a photo may be flipped; empty = all may.
    """

    augmentation: Augmentation | None = None
    seed: int = 0
    may_flip: tuple[bool, ...] = ()

    def augmented(self, pixels: Pixels, row: int) -> Pixels:
        """The augmented photo; its row is part of the seed."""
        if self.augmentation is None:
            return pixels
        may_flip = self.may_flip[row] if self.may_flip else True
        return self.augmentation(pixels, derived_seed(self.seed, row), may_flip=may_flip)

    def key(self, count: int) -> str:
        """Identifies the augmentation of ``count`` photos, for the cache."""
        if self.augmentation is None:
            return ""
        return f"{self.augmentation}|{self.seed}|{list(self.may_flip) or [True] * count}"


PLAIN = Views()


class FeatureCache:
    """Computes the features of photos and captions, or reads them from a folder.

    The cache key covers the tower's weights, the preprocessing and the inputs: photos by
    name, size and modification time, captions by their text.

    Args:
        folder: created if missing.
        device: where towers run; on a CPU an image tower runs in ONNX Runtime, which gives the
            same features within 1e-5 about six times as fast as eager torch.
        on_progress: called with the name of the step, the number done and the total.
    """

    def __init__(
        self, folder: Path, *, device: torch.device | None = None, on_progress: OnProgress = lambda *_: None
    ) -> None:
        self.folder, self.on_progress = folder, on_progress
        self.device = device or torch.device("cpu")

    def images(
        self, tower: ImageTower, preprocessing: Preprocessing, paths: Sequence[Path], views: Views = PLAIN
    ) -> Tensor:
        """[N, F] pooled features of photos; NaN for photos that cannot be read.

        Args:
            tower: pixels to features, frozen.
            preprocessing: how photos become pixels.
            paths: N photos.
            views: how the prepared photos are augmented.
        """
        name = self._images_name(tower, preprocessing, paths, views)
        return self._cached(name, lambda: self._run(tower, preprocessing, paths, views)[0])

    def activations(
        self, tower: ImageTower, last: int, preprocessing: Preprocessing, paths: Sequence[Path], views: Views = PLAIN
    ) -> Tensor | None:
        """[N, ...] float16, input of a tower's last blocks; NaN for photos that cannot be read.

        The pooled features are computed in the same pass and cached too. None if the tower cannot be cut.
        """
        parts = tower.cut(last) if hasattr(tower, "cut") else None  # towers of other packages may lack it
        if parts is None:
            return None
        name = self._images_name(parts[0], preprocessing, paths, views)
        pooled = self._images_name(tower, preprocessing, paths, views)

        def compute() -> NDArray[Any]:
            activations, features = self._run(_BothParts(*parts), preprocessing, paths, views, halved=1)
            self._save(pooled, features)
            return activations

        return self._cached(name, compute, mapped=True)

    def _images_name(self, tower: nn.Module, preprocessing: Preprocessing, paths: Sequence[Path], views: Views) -> str:
        key = _key(weights_digest(tower), preprocessing.model_dump_json(), views.key(len(paths)), map(_identity, paths))
        return f"images-{key}"

    def _run(
        self,
        tower: nn.Module,
        preprocessing: Preprocessing,
        paths: Sequence[Path],
        views: Views,
        *,
        halved: int = 0,
    ) -> list[NDArray[Any]]:
        """Runs a module on photos; one array per output, the first ``halved`` of them as float16."""

        def prepare(numbered: tuple[int, Path]) -> Pixels | None:
            row, path = numbered
            try:
                pixels = preprocessing.pixels(open_photo(path, min_side=preprocessing.resized_side).image)
            except PhotoError as error:
                logger.warning("photo left out: %s: %s", path, error)
                return None
            return views.augmented(pixels, row)

        kinds: list[type[np.floating[Any]]] = [*[np.float16] * halved, np.float32]
        with tempfile.TemporaryDirectory() as folder:
            outputs = tuple(f"output{number}" for number in range(len(kinds)))
            run = self._runner(tower, Path(folder) / "tower.onnx", outputs, image_size=preprocessing.image_size)
            prepared = map_ahead(prepare, list(enumerate(paths)))
            return self._rows(run, preprocessing, prepared, len(paths), kinds)

    def texts(self, tower: nn.Module, texts: LiveTexts) -> Tensor:
        """[M, G] features of captions."""
        key = _key(weights_digest(tower), str(texts.max_tokens), texts.tokenizer.to_str(), texts.texts)

        @torch.no_grad()
        def compute() -> NDArray[np.float32]:
            order = sorted(range(len(texts)), key=lambda row: len(texts.ids[row]))
            rows: dict[int, NDArray[np.float32]] = {}
            moved = tower.to(self.device).eval()
            for start in range(0, len(order), TEXT_BATCH):
                batch = order[start : start + TEXT_BATCH]
                ids, mask = pad([texts.ids[row] for row in batch], texts.pad_id)
                found = moved(ids.to(self.device), mask.to(self.device)).float().cpu().numpy()
                rows |= dict(zip(batch, found, strict=True))
                self.on_progress("captions", len(rows), len(order))
            return np.stack([rows[row] for row in range(len(texts))])

        return self._cached(f"texts-{key}", compute)

    def _cached(self, name: str, compute: Callable[[], NDArray[Any]], *, mapped: bool = False) -> Tensor:
        file = self.folder / f"{name}.npy"
        if not file.exists():
            self._save(name, compute())
        try:
            return torch.from_numpy(
                np.load(file, mmap_mode="c" if mapped else None)
            )  # "c": torch needs a writable array
        except (OSError, ValueError) as error:
            raise TrainingError(f"{file} is damaged ({error}); delete it to have it computed again") from error

    def _save(self, name: str, features: NDArray[Any]) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        partial = self.folder / f"{name}.{os.getpid()}.partial.npy"
        try:
            np.save(partial, features)
            partial.replace(self.folder / f"{name}.npy")
        except OSError as error:
            partial.unlink(missing_ok=True)
            raise TrainingError(f"features cannot be saved in {self.folder}: {error.strerror or error}") from error

    def _rows(
        self,
        run: Run,
        preprocessing: Preprocessing,
        prepared: Iterable[tuple[tuple[int, Path], Pixels | None]],
        total: int,
        kinds: Sequence[type[np.floating[Any]]],
    ) -> list[NDArray[Any]]:
        found: list[dict[int, NDArray[Any]]] = [{} for _ in kinds]
        waiting: list[tuple[int, Pixels]] = []
        for (row, _), pixels in prepared:
            if pixels is not None:
                waiting.append((row, pixels))
            if waiting and (len(waiting) == IMAGE_BATCH or row == total - 1):
                outputs = run(preprocessing.normalize(np.stack([photo for _, photo in waiting])))
                for known, output, kind in zip(found, outputs, kinds, strict=True):
                    known.update(zip([number for number, _ in waiting], output.astype(kind), strict=True))
                waiting = []
                self.on_progress("photos", row + 1, total)
        if not found[0]:
            raise TrainingError(f"none of {counted(total, 'photo')} can be read; 'twinlens datasets info' says why")
        missing = [np.full_like(next(iter(known.values())), np.nan) for known in found]
        return [
            np.stack([known.get(row, gap) for row in range(total)]) for known, gap in zip(found, missing, strict=True)
        ]

    def _runner(self, tower: nn.Module, file: Path, outputs: tuple[str, ...], *, image_size: int) -> Run:
        if self.device.type != "cpu":
            moved = tower.to(self.device).eval()

            @torch.no_grad()
            def run_torch(pixels: NDArray[np.float32]) -> list[NDArray[np.float32]]:
                found = moved(torch.from_numpy(pixels).to(self.device))
                return [output.float().cpu().numpy() for output in (found if isinstance(found, tuple) else (found,))]

            return run_torch
        export_image_model(tower, file, image_size=image_size, outputs=outputs)
        session = onnxruntime.InferenceSession(str(file), providers=["CPUExecutionProvider"])

        def run(pixels: NDArray[np.float32]) -> list[NDArray[np.float32]]:
            found: list[NDArray[np.float32]] = session.run(list(outputs), {"pixels": pixels})
            return found

        return run


class _BothParts(nn.Module):
    """The two parts of a tower as one module with both outputs."""

    def __init__(self, first: nn.Module, rest: nn.Module) -> None:
        super().__init__()
        self.first, self.rest = first, rest

    def forward(self, pixels: Tensor) -> tuple[Tensor, Tensor]:
        activations = self.first(pixels)
        return activations, self.rest(activations)


def _key(*parts: str | Iterable[str]) -> str:
    digest = hashlib.sha256()
    for part in parts:
        for text in (part,) if isinstance(part, str) else part:
            digest.update(text.encode("utf-8", "surrogatepass") + b"\0")
    return digest.hexdigest()[:16]


def _identity(path: Path) -> str:
    size, modified_ns = photo_stamp(path)
    return f"{path.name}|{size}|{modified_ns}"
