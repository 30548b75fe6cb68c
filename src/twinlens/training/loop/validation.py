"""Validation during training: loss and retrieval metrics on the validation split."""

from dataclasses import dataclass, field

import torch
from torch import Tensor

from twinlens.evaluation.retrieval import rank_both_ways
from twinlens.protocols import Loss
from twinlens.training.feeding.batches import Epochs
from twinlens.training.feeding.seeds import derived_seed
from twinlens.training.feeding.split_inputs import SplitInputs, embed
from twinlens.training.loop.checkpoints import Progress
from twinlens.training.loop.precision import arithmetic
from twinlens.training.parts.dual_encoder import TwoTowers
from twinlens.training.recipe import Recipe


@dataclass(frozen=True)
class Validation:
    """The result of a validation; empty if there was none."""

    loss: float | None = None
    text_to_image: dict[str, float] = field(default_factory=dict)
    image_to_text: dict[str, float] = field(default_factory=dict)

    def measure(self, name: str) -> float:
        """A metric named in a recipe, higher is better: the mean of both directions, or the negative loss."""
        if name == "loss":
            return -(self.loss or 0.0)
        return (self.text_to_image[name] + self.image_to_text[name]) / 2


@torch.no_grad()
def validate(
    model: TwoTowers, loss: Loss[Tensor], split: SplitInputs, recipe: Recipe, device: torch.device
) -> Validation:
    """Ranks the whole split in both directions; the loss is that of batches with one caption per photo."""
    model.eval()
    images, texts = embed_split(model, split, recipe, device)
    both = rank_both_ways(images.numpy(), texts.numpy(), split.rows.photo.numpy())
    size = min(recipe.optimizer.batch_size, len(images))
    batches = Epochs(split.rows, sampling="one", batch_size=size, seed=derived_seed(recipe.seed, "validation")).batches(
        0
    )
    losses = [
        loss(images[batch.photos].to(device), texts[batch.captions].to(device), batch.photos.to(device))
        for batch in batches
    ]
    return Validation(float(torch.stack(losses).mean()), *both)


def embed_split(model: TwoTowers, split: SplitInputs, recipe: Recipe, device: torch.device) -> tuple[Tensor, Tensor]:
    """Embeds photos [N, D] and captions [M, D] of a split as unit rows; the model must be in eval mode."""
    with arithmetic(device, recipe.optimizer.precision):
        images = embed(split.images, model.image.tower, model.image.head, device=device)
        texts = embed(split.texts, model.text.tower, model.text.head, device=device)
    return images, texts


def update_best(progress: Progress, value: float) -> bool:
    """Whether a value is the best so far; updates the best and the count of validations since then."""
    if progress.best is None or value > progress.best:
        progress.best, progress.best_epoch, progress.waited = value, progress.epoch, 0
        return True
    progress.waited += 1
    return False
