"""Build the loss that a recipe describes."""

import inspect
from typing import Any

from torch import Tensor

from twinlens.plugins import load_part
from twinlens.protocols import Loss
from twinlens.training.parts.dual_encoder import Origin
from twinlens.training.parts.losses import LOSSES
from twinlens.training.recipe import Recipe

JUST_BELOW = 1 - 1e-6  # of a maximum, so that its inverse's inverse is not above it


def build_loss(recipe: Recipe, origin: Origin | None) -> Loss[Tensor]:
    """The loss of a recipe; scale and bias are those of a published model, where the recipe does not give them.

    Args:
        recipe: the run.
        origin: of the model that the run starts from; None if its heads are new.
    """
    kind = load_part("loss", LOSSES, recipe.loss.name)
    loss: Loss[Tensor] = kind(**{**(_published_options(kind, recipe, origin) if origin else {}), **recipe.loss.options})
    return loss


def _published_options(kind: Any, recipe: Recipe, origin: Origin) -> dict[str, float]:
    """Those of the loss's options that say at which scale and bias it starts."""
    known, scale = inspect.signature(kind).parameters, origin.logit_scale
    if "maximum_scale" in known:
        scale = min(scale, recipe.loss.options.get("maximum_scale", known["maximum_scale"].default) * JUST_BELOW)
    options = {"initial_temperature": 1 / scale, "initial_scale": scale}
    if origin.logit_bias is not None:
        options["initial_bias"] = origin.logit_bias
    return {name: value for name, value in options.items() if name in known}
