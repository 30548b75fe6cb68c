"""The weights that a checkpoint contains, and loading them."""

from torch import Tensor

from twinlens.errors import TrainingError
from twinlens.protocols import Loss
from twinlens.training.loop.checkpoints import Checkpoint
from twinlens.training.loop.stages import close_stage, open_stage
from twinlens.training.parts.dual_encoder import TwoTowers
from twinlens.training.recipe import Recipe


def trained_weights(model: TwoTowers, recipe: Recipe) -> dict[str, Tensor]:
    """Weights that a run trains; a tower that no stage trains is left out and loaded from its source."""
    kept = ("image.head.", "text.head.", *(f"{side}.tower." for side in trained_towers(recipe)))
    return {name: value for name, value in model.state_dict().items() if name.startswith(kept)}


def load_weights(model: TwoTowers, checkpoint: Checkpoint) -> None:
    """Loads a checkpoint's weights into a model.

    Raises:
        TrainingError: they belong to another recipe.
    """
    weights = checkpoint.part("model")
    unknown = model.load_state_dict(weights, strict=False).unexpected_keys if _fits(model, weights) else ["shapes"]
    if unknown:
        raise TrainingError(f"the checkpoint belongs to another recipe: {unknown[0]} does not fit this model")


def load_finished(model: TwoTowers, loss: Loss[Tensor], checkpoint: Checkpoint, recipe: Recipe) -> None:
    """Loads the weights of a checkpoint's stage into model and loss, and merges LoRA's matrices.

    Args:
        model: between two stages, so without LoRA's matrices.
        loss: of the pairs.
        checkpoint: of any stage.
        recipe: of the run.

    Raises:
        TrainingError: the weights belong to another recipe.
    """
    stage = checkpoint.progress.stage
    open_stage(model, loss, recipe.stages[stage], number=stage)  # creates LoRA's matrices, which are in the checkpoint
    load_weights(model, checkpoint)
    loss.load_state_dict(checkpoint.part("loss"))
    close_stage(model)


def _fits(model: TwoTowers, weights: dict[str, Tensor]) -> bool:
    own = model.state_dict()
    return all(name not in own or own[name].shape == value.shape for name, value in weights.items())


def trained_towers(recipe: Recipe) -> tuple[str, ...]:
    """The sides ("image", "text") whose tower is trained in some stage."""
    return tuple(side for side in ("image", "text") if any(getattr(stage, side) != "frozen" for stage in recipe.stages))
