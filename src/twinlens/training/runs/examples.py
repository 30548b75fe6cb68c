"""Example retrievals for the report of a run: captions of the val split, and the photos that the best epoch finds."""

from collections.abc import Sequence

import numpy as np
import torch

from twinlens.evaluation.pairs import EmbeddedPairs
from twinlens.evaluation.plots.retrieval_grid import SHOWN_QUERIES, GridRow, found_photos
from twinlens.training.feeding.features import FeatureCache
from twinlens.training.feeding.split_inputs import InputsFactory
from twinlens.training.loop.validation import embed_split
from twinlens.training.parts.dual_encoder import TwoTowers
from twinlens.training.recipe import Recipe, Stage
from twinlens.types import CaptionedImage

GALLERY = 1000  # photos; more would take as long as another validation


def example_retrievals(
    recipe: Recipe,
    model: TwoTowers,
    stage: Stage,
    photos: Sequence[CaptionedImage],
    *,
    cache: FeatureCache,
    device: torch.device,
) -> list[GridRow]:
    """The first caption of six photos, spread over the gallery, each with the five photos found.

    Args:
        recipe: of the run.
        model: with the weights of its best epoch, in eval mode.
        stage: that those weights are from.
        photos: of the val split; the first 1,000 are the gallery.
        cache: of features and pixels.
        device: where the model runs.
    """
    inputs = InputsFactory(recipe, model, cache).split(photos[:GALLERY], stage, training=False)
    images, texts = embed_split(model, inputs, recipe, device)
    gallery = inputs.photos
    pairs = EmbeddedPairs(
        images.numpy(),
        texts.numpy(),
        inputs.rows.photo.numpy(),
        image_ids=tuple(photo.image_id for photo in gallery),
        captions=tuple(caption for photo in gallery for caption in photo.captions),
    )
    spread = np.unique(np.linspace(0, len(gallery) - 1, num=SHOWN_QUERIES, dtype=int))
    captions = inputs.rows.first[torch.from_numpy(spread)].tolist()
    return found_photos(pairs, captions, {photo.image_id: photo.path for photo in gallery})
