"""The two sides of a split in a stage: features where a tower is frozen, photos and tokens where it is trained."""

from collections.abc import Container, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from twinlens.errors import TrainingError
from twinlens.training.augment import Augmentation, mentions_side
from twinlens.training.batches import CaptionRows
from twinlens.training.dual_encoder import TwoTowers
from twinlens.training.features import FeatureCache
from twinlens.training.inputs import Chosen, Frozen, Inputs, LivePhotos, LiveTexts
from twinlens.training.pixels import PhotoPixels
from twinlens.training.recipe import Recipe, Stage
from twinlens.training.seeds import derived
from twinlens.types import CaptionedImage


@dataclass(frozen=True)
class SplitInputs:
    """N photos with M captions, as a stage takes them."""

    images: Inputs
    texts: Inputs
    rows: CaptionRows
    photos: Sequence[CaptionedImage]


class InputsFactory:
    """Makes inputs as the stage needs them, from the cache where it can."""

    def __init__(self, recipe: Recipe, model: TwoTowers, cache: FeatureCache) -> None:
        self.recipe, self.model, self.cache = recipe, model, cache

    def split(
        self, photos: Sequence[CaptionedImage], stage: Stage, *, training: bool, left_out: Container[str] = ()
    ) -> SplitInputs:
        """Inputs of a split, without the photos that cannot be read.

        Args:
            photos: of the split.
            stage: says which towers are frozen.
            training: whether photos and captions are changed at random.
            left_out: ids of photos that could not be read before.

        Raises:
            TrainingError: none can be read.
        """
        images, broken = self._images(photos, frozen=stage.image == "frozen", training=training)
        kept = [row for row, photo in enumerate(photos) if row not in broken and photo.image_id not in left_out]
        if not kept:
            raise TrainingError(f"none of {len(photos):,} photos can be read; 'twinlens datasets info' says why")
        readable = [photos[row] for row in kept]
        rows = CaptionRows(readable)
        if len(kept) < len(photos):
            images = Chosen(images, kept)
        return SplitInputs(images, self.texts(rows.texts, stage, training=training), rows, readable)

    def texts(self, texts: Sequence[str], stage: Stage, *, training: bool) -> Inputs:
        """Tokens of texts, or their features where the tower is frozen."""
        tower, settings = self.model.text.tower, self.recipe.text
        live = LiveTexts(
            texts,
            tower.tokenizer,
            max_tokens=settings.max_tokens,
            share_dropped=settings.drop_words if training else 0.0,
            seed=derived(self.recipe.seed, "words"),
        )
        if stage.text != "frozen":
            return live
        return Frozen(self.cache.texts(tower, live).unsqueeze(1))

    def photo_features(self, paths: Sequence[Path]) -> Tensor:
        """[U, F] of the photos that can be read; the image tower is frozen."""
        features = self.cache.images(self.model.image.tower, self.model.image.preprocessing, paths)
        return features[~features.isnan().any(dim=1)]

    def _images(self, photos: Sequence[CaptionedImage], *, frozen: bool, training: bool) -> tuple[Inputs, set[int]]:
        side, seed = self.model.image, derived(self.recipe.seed, "augmentation")
        paths = [photo.path for photo in photos]
        may_flip = [not any(map(mentions_side, photo.captions)) for photo in photos]
        change, views = self._augmentation() if training else (None, 0)
        if not frozen:
            pixels = PhotoPixels(
                paths,
                side.preprocessing,
                cache=self.recipe.data.image_cache,
                folder=self.cache.folder,
                on_progress=self.cache.on_progress,
            )
            live = LivePhotos(pixels, side.preprocessing, augmentation=change, may_flip=may_flip, seed=seed)
            return live, set(pixels.broken)
        plain = self.cache.images(side.tower, side.preprocessing, paths)
        changed = [
            self.cache.images(
                side.tower,
                side.preprocessing,
                paths,
                augmentation=change,
                seed=derived(seed, view),
                may_flip=may_flip,
            )
            for view in range(views)
        ]
        broken = plain.isnan().any(dim=1).nonzero().flatten().tolist()
        return Frozen(torch.stack([plain, *changed], dim=1), seed=seed), set(broken)

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
    """[N, D] unit rows of all inputs, with nothing drawn; modules in eval mode."""
    size = 32 if inputs.is_live else batch_size
    rows = []
    for start in range(0, len(inputs), size):
        taken = inputs.take(torch.arange(start, min(start + size, len(inputs))), epoch=None)
        rows.append(head(inputs.features(tower, tuple(part.to(device) for part in taken))).float().cpu())
    return torch.cat(rows)
