"""WiSE-FT: the weights between a published model and its fine-tuned self, and how well each of them retrieves.

Wortsman et al. 2022, "Robust fine-tuning of zero-shot models": (1 − α) · published + α · fine-tuned. Fine-tuning helps
on the photos that it was done with and harms on others; in between, both are often good.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import torch
from torch import Tensor

from twinlens.data.find import open_dataset
from twinlens.data.splits import parse_ratios
from twinlens.errors import DataError
from twinlens.evaluation.retrieval import rank_both_ways
from twinlens.protocols import Loss
from twinlens.training.feeding.features import FeatureCache, OnProgress
from twinlens.training.feeding.split_inputs import InputsFactory
from twinlens.training.loop.validation import embed_split
from twinlens.training.parts.dual_encoder import TwoTowers
from twinlens.training.recipe import Recipe, Stage
from twinlens.types import CaptionedImage

WAYS = ("text_to_image", "image_to_text")
MEASURES = ("R@1", "R@5", "R@10")
SPLITS = ("val", "test")  # of the second data set: the first of them that it has

Weights: TypeAlias = dict[str, Tensor]


@dataclass(frozen=True)
class CaptionedSet:
    """Captioned photos by the name of their data set and split."""

    name: str
    photos: Sequence[CaptionedImage]


def weights_of(model: TwoTowers, loss: Loss[Tensor]) -> Weights:
    """A copy of all weights of model and loss, which has the scale and bias of the scores."""
    return {name: value.detach().clone() for name, value in _tensors(model, loss).items()}


@torch.no_grad()
def interpolate(model: TwoTowers, loss: Loss[Tensor], start: Weights, end: Weights, alpha: float) -> None:
    """Sets the weights to (1 − alpha) · start + alpha · end; at 0 and 1 they are the ends, bit for bit."""
    for name, value in _tensors(model, loss).items():
        first, last = start[name].to(value.device), end[name].to(value.device)
        value.copy_(torch.lerp(first, last, alpha) if value.is_floating_point() else last)


def measure_curve(
    recipe: Recipe,
    model: TwoTowers,
    loss: Loss[Tensor],
    start: Weights,
    *,
    stage: Stage,
    sets: Sequence[CaptionedSet],
    cache: FeatureCache,
    device: torch.device,
    on_progress: OnProgress = lambda _what, _done, _total: None,
) -> dict[str, Any]:
    """R@K of each data set at each alpha of the recipe; the model has the fine-tuned weights before and after.

    Args:
        recipe: has the alphas.
        model: with the fine-tuned weights, in eval mode, on the device.
        loss: with the fine-tuned scale.
        start: the published weights.
        stage: that the fine-tuned weights are from.
        sets: of captioned photos; the first one decides which alpha is best.
        cache: of features and pixels.
        device: where the model runs.
        on_progress: called with the name of the step, the number of alphas done and the total.

    Returns:
        ``alphas``; ``best``, the alpha with the highest mean R@1 of both directions; and ``sets``, each with its
        name, the number of photos, and for each alpha R@1, R@5 and R@10 in both directions, in per cent.
    """
    end = weights_of(model, loss)
    alphas = recipe.wise_ft.alphas if recipe.wise_ft else ()
    found: list[dict[str, Any]] = [
        {"data": own.name, "n_images": 0, **{way: {measure: [] for measure in MEASURES} for way in WAYS}}
        for own in sets
    ]
    for number, alpha in enumerate(alphas):
        interpolate(model, loss, start, end, alpha)
        for own, line in zip(sets, found, strict=True):
            inputs = InputsFactory(recipe, model, cache).split(own.photos, stage, training=False)
            images, texts = embed_split(model, inputs, recipe, device)
            both = rank_both_ways(images.numpy(), texts.numpy(), inputs.rows.photo.numpy())
            line["n_images"] = len(images)
            for way, figures in zip(WAYS, both, strict=True):
                for measure in MEASURES:
                    line[way][measure].append(figures[measure])
        on_progress("WiSE-FT", number + 1, len(alphas))
    interpolate(model, loss, start, end, 1.0)
    means = [sum(pair) / 2 for pair in zip(*(found[0][way]["R@1"] for way in WAYS), strict=True)]
    return {"alphas": list(alphas), "best": alphas[means.index(max(means))], "sets": found}


def second_set(recipe: Recipe) -> list[CaptionedSet]:
    """The photos of the recipe's second data set; empty if it names none.

    Raises:
        DataError: it cannot be read, or has neither a val nor a test split.
    """
    if not recipe.wise_ft or not recipe.wise_ft.second_data:
        return []
    folder = Path(recipe.wise_ft.second_data).expanduser()
    dataset = open_dataset(folder, ratios=parse_ratios(recipe.data.ratios))
    for split in SPLITS:
        if split in dataset.splits() and (photos := [photo for photo in dataset.split(split) if photo.captions]):
            return [CaptionedSet(f"{dataset.name}/{split}", photos)]
    raise DataError(f"wise_ft.second_data: {folder} has no photos with captions in a split called val or test")


def _tensors(model: TwoTowers, loss: Loss[Tensor]) -> Weights:
    parts = (("model", model), ("loss", loss))
    return {f"{name}.{key}": value for name, part in parts for key, value in part.state_dict().items()}
