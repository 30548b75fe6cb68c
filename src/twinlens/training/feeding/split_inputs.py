"""Inputs of a split in a stage: features for a frozen tower, photos or tokens for one that is trained."""

import math
from collections.abc import Container, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from twinlens.counted import counted
from twinlens.errors import TrainingError
from twinlens.training.feeding.augment import Augmentation, mentions_side
from twinlens.training.feeding.batches import CaptionRows
from twinlens.training.feeding.features import FeatureCache, Views
from twinlens.training.feeding.inputs import Activations, FrozenFeatures, Inputs, LivePhotos, LiveTexts, Subset
from twinlens.training.feeding.pixels import PhotoPixels
from twinlens.training.feeding.seeds import derived_seed
from twinlens.training.parts.dual_encoder import TwoTowers
from twinlens.training.recipe import Recipe, Stage
from twinlens.types import CaptionedImage


@dataclass(frozen=True)
class SplitInputs:
    """N photos with M captions, as inputs of a stage."""

    images: Inputs
    texts: Inputs
    rows: CaptionRows
    photos: Sequence[CaptionedImage]


class InputsFactory:
    """Creates the inputs that a stage needs, from the cache if possible."""

    def __init__(self, recipe: Recipe, model: TwoTowers, cache: FeatureCache) -> None:
        self.recipe, self.model, self.cache = recipe, model, cache

    def split(
        self, photos: Sequence[CaptionedImage], stage: Stage, *, training: bool, left_out: Container[str] = ()
    ) -> SplitInputs:
        """Inputs of a split, without photos that cannot be read.

        Args:
            photos: of the split.
            stage: determines which towers are frozen.
            training: whether photos and captions are augmented.
            left_out: ids of photos that could not be read earlier.

        Raises:
            TrainingError: no photo can be read.
        """
        may_flip = [not any(map(mentions_side, photo.captions)) for photo in photos]
        images, broken = self._images([photo.path for photo in photos], stage, training=training, may_flip=may_flip)
        kept = [row for row, photo in enumerate(photos) if row not in broken and photo.image_id not in left_out]
        if not kept:
            raise TrainingError(
                f"none of {counted(len(photos), 'photo')} can be read; 'twinlens datasets info' says why"
            )
        readable = [photos[row] for row in kept]
        rows = CaptionRows(readable)
        if len(kept) < len(photos):
            images = Subset(images, kept)
        return SplitInputs(images, self.texts(rows.texts, stage, training=training), rows, readable)

    def texts(self, texts: Sequence[str], stage: Stage, *, training: bool) -> Inputs:
        """Tokens of texts, or their features if the tower is frozen."""
        tower, settings = self.model.text.tower, self.recipe.text
        live = LiveTexts(
            texts,
            tower.tokenizer,
            max_tokens=self.model.text.max_tokens,
            share_dropped=settings.drop_words if training else 0.0,
            seed=derived_seed(self.recipe.seed, "words"),
        )
        if stage.text != "frozen":
            return live
        return FrozenFeatures(self.cache.texts(tower, live).unsqueeze(1))

    def photos(self, paths: Sequence[Path], stage: Stage) -> Inputs:
        """Photos without captions, not augmented; those that cannot be read are left out."""
        images, broken = self._images(paths, stage, training=False, may_flip=())
        return Subset(images, [row for row in range(len(paths)) if row not in broken]) if broken else images

    def _images(
        self, paths: Sequence[Path], stage: Stage, *, training: bool, may_flip: Sequence[bool]
    ) -> tuple[Inputs, set[int]]:
        """Photos, features or activations, and the rows of photos that cannot be read."""
        seed = derived_seed(self.recipe.seed, "augmentation")
        change, count = self._augmentation() if training else (None, 0)
        views = [Views(), *(Views(change, derived_seed(seed, view), tuple(may_flip)) for view in range(count))]
        cached = self._cached(paths, stage, views)
        if cached is None:
            return self._live(paths, change, may_flip, seed)
        broken = {row for row, first in enumerate(cached[0].flatten(1)[:, 0].tolist()) if math.isnan(first)}
        if stage.image == "frozen":
            return FrozenFeatures(torch.stack(cached, dim=1), seed=seed), broken
        return Activations(cached, last=stage.last_image_blocks, seed=seed), broken

    def _cached(self, paths: Sequence[Path], stage: Stage, views: Sequence[Views]) -> list[Tensor] | None:
        """Features of a frozen tower, or activations if its last blocks are trained; one tensor per view.

        None if photos must go through the whole tower: all of it is trained, it cannot be cut, or photos are
        augmented anew each time.
        """
        side, augmentation = self.model.image, self.recipe.image.augmentation
        frozen = stage.image == "frozen"
        # the activations for a later stage are computed together with the features
        last = max(other.last_image_blocks for other in self.recipe.stages) if frozen else stage.last_image_blocks
        activations: list[Tensor | None] = []
        if last and not (augmentation and not augmentation.views):
            activations = [self.cache.activations(side.tower, last, side.preprocessing, paths, view) for view in views]
        if frozen:
            return [self.cache.images(side.tower, side.preprocessing, paths, view) for view in views]
        found = [view for view in activations if view is not None]
        return found or None

    def _live(
        self, paths: Sequence[Path], change: Augmentation | None, may_flip: Sequence[bool], seed: int
    ) -> tuple[Inputs, set[int]]:
        side = self.model.image
        pixels = PhotoPixels(
            paths,
            side.preprocessing,
            cache=self.recipe.data.image_cache,
            folder=self.cache.folder,
            on_progress=self.cache.on_progress,
        )
        live = LivePhotos(pixels, side.preprocessing, augmentation=change, may_flip=may_flip, seed=seed)
        return live, set(pixels.broken)

    def _augmentation(self) -> tuple[Augmentation | None, int]:
        settings = self.recipe.image.augmentation
        if settings is None:
            return None, 0
        change = Augmentation(
            random_resized_crop=settings.random_resized_crop,
            flip=settings.flip,
            colour_jitter=settings.colour_jitter,
            rand_augment=settings.rand_augment,
        )
        return change, settings.views


@torch.no_grad()
def embed(inputs: Inputs, tower: nn.Module, head: nn.Module, *, device: torch.device, batch_size: int = 256) -> Tensor:
    """[N, D], unit rows of all inputs, without augmentation; modules must be in eval mode."""
    size = 32 if inputs.is_live else batch_size
    rows = []
    for start in range(0, len(inputs), size):
        taken = inputs.take(torch.arange(start, min(start + size, len(inputs))), epoch=None)
        rows.append(head(inputs.features(tower, tuple(part.to(device) for part in taken))).float().cpu())
    return torch.cat(rows)
