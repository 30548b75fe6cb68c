"""NT-Xent: the contract and answers worked out by hand."""

import math

import pytest
import torch
from torch import Tensor

from contracts.loss import LossContract
from twinlens.training.parts.losses.nt_xent import NTXent


class TestNTXent(LossContract):
    @pytest.fixture
    def loss(self) -> NTXent:
        return NTXent()

    def plain_loop(self, loss: NTXent, images: Tensor, texts: Tensor, photo_ids: Tensor) -> float:
        rows = [(photo, "image", row) for photo, row in zip(photo_ids.tolist(), images, strict=True)]
        rows += [(photo, "text", row) for photo, row in zip(photo_ids.tolist(), texts, strict=True)]
        total = 0.0
        for number, (photo, _, row) in enumerate(rows):
            partner = (number + len(images)) % len(rows)
            wanted = loss.logit_scale * float(row @ rows[partner][2])
            wrong = [loss.logit_scale * float(row @ other) for its_photo, _, other in rows if its_photo != photo]
            total += math.log(sum(math.exp(logit) for logit in [wanted, *wrong])) - wanted
        return total / len(rows)


class TestNTXentOfAnotherTemperature(TestNTXent):
    @pytest.fixture
    def loss(self) -> NTXent:
        return NTXent(temperature=0.5)


def test_two_orthogonal_pairs_give_the_answer_worked_out_by_hand() -> None:
    rows = torch.eye(2)  # each row: its partner at cosine 1, two rows of the other photo at cosine 0
    loss = NTXent(temperature=1.0)
    assert loss(rows, rows, torch.tensor([0, 1])).item() == pytest.approx(math.log(math.e + 2) - 1, rel=1e-6)
    assert loss(rows, rows, torch.tensor([0, 0])).item() == 0.0


def test_collapsed_model_pays_the_log_of_all_other_rows() -> None:
    rows = torch.ones(4, 4) / 2
    assert NTXent()(rows, rows, torch.arange(4)).item() == pytest.approx(math.log(7), rel=1e-6)


def test_images_are_pushed_from_other_images_too() -> None:
    images = torch.eye(5, dtype=torch.float64)[:2].requires_grad_()
    texts = torch.eye(5, dtype=torch.float64)[2:4]  # far from all images
    (gradient,) = torch.autograd.grad(NTXent()(images, texts, torch.tensor([0, 1])), images)
    assert gradient[0] @ images[1] > 0


def test_temperature_is_fixed() -> None:
    loss = NTXent(temperature=0.25)
    assert not list(loss.parameters())
    assert loss.logit_scale == 4.0


@pytest.mark.parametrize("temperature", [0.0, -0.1, math.inf, math.nan])
def test_temperature_that_is_not_positive_is_refused(temperature: float) -> None:
    with pytest.raises(ValueError, match=f"must be positive, got {temperature}"):
        NTXent(temperature=temperature)
