"""Which weights belong to a run, and how a checkpoint's come back."""

from torch import Tensor

from twinlens.errors import TrainingError
from twinlens.training.loop.checkpoints import Checkpoint
from twinlens.training.parts.dual_encoder import TwoTowers
from twinlens.training.recipe import Recipe


def trained_weights(model: TwoTowers, recipe: Recipe) -> dict[str, Tensor]:
    """What a run trains; a tower that no stage trains is loaded from where it came from."""
    kept = ("image.head.", "text.head.", *(f"{side}.tower." for side in trained_towers(recipe)))
    return {name: value for name, value in model.state_dict().items() if name.startswith(kept)}


def load_weights(model: TwoTowers, checkpoint: Checkpoint) -> None:
    """Puts a checkpoint's weights into a model.

    Raises:
        TrainingError: they are those of another recipe.
    """
    weights = checkpoint.part("model")
    unknown = model.load_state_dict(weights, strict=False).unexpected_keys if _fits(model, weights) else ["shapes"]
    if unknown:
        raise TrainingError(f"the checkpoint is of another recipe: {unknown[0]} has no place in this model")


def _fits(model: TwoTowers, weights: dict[str, Tensor]) -> bool:
    own = model.state_dict()
    return all(name not in own or own[name].shape == value.shape for name, value in weights.items())


def trained_towers(recipe: Recipe) -> tuple[str, ...]:
    """The sides whose tower a stage trains."""
    return tuple(side for side in ("image", "text") if any(getattr(stage, side) != "frozen" for stage in recipe.stages))
