"""The table of losses: every one is found by its name and is a loss."""

import pytest
import torch

from contracts.loss import unit_rows
from twinlens.plugins import load_part
from twinlens.protocols import Loss
from twinlens.training.parts.losses import LOSS_ALIASES, LOSSES


@pytest.mark.parametrize("name", LOSSES)
def test_every_loss_works_without_options(name: str) -> None:
    loss: Loss[torch.Tensor] = load_part("loss", LOSSES, name)()
    images, photo_ids = unit_rows(8, 16, seed=1).float(), torch.arange(8)
    assert loss(images, images, photo_ids) < loss(images, images.roll(1, dims=0), photo_ids)
    assert loss.logit_scale > 0


def test_an_alias_hides_no_loss_and_means_one() -> None:
    assert not {*LOSS_ALIASES} & {*LOSSES}
    assert {*LOSS_ALIASES.values()} <= {*LOSSES}
    assert LOSS_ALIASES["clip"] == "infonce"


def test_the_five_losses_have_the_names_that_recipes_use() -> None:
    assert set(LOSSES) >= {"nt-xent", "infonce", "sigmoid", "triplet", "multi-positive"}
