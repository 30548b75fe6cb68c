"""The sigmoid loss: the contract and answers worked out by hand."""

import math

import pytest
import torch
from torch import Tensor

from contracts.loss import DISTINCT, LossContract, unit_rows
from twinlens.training.parts.losses.sigmoid import Sigmoid


class TestSigmoid(LossContract):
    @pytest.fixture
    def loss(self) -> Sigmoid:
        return Sigmoid()

    def plain_loop(self, loss: Sigmoid, images: Tensor, texts: Tensor, photo_ids: Tensor) -> float:
        total = 0.0
        for i, image in enumerate(images):
            for j, text in enumerate(texts):
                logit = loss.logit_scale * float(image @ text) + loss.bias.item()
                sign = 1 if photo_ids[i] == photo_ids[j] else -1
                total += math.log(1 + math.exp(-sign * logit))
        return total / len(images)


class TestSigmoidFromAnotherStart(TestSigmoid):
    @pytest.fixture
    def loss(self) -> Sigmoid:
        return Sigmoid(initial_scale=3.0, initial_bias=-1.0)


def test_two_orthogonal_pairs_give_the_answer_worked_out_by_hand() -> None:
    rows, loss = torch.eye(2), Sigmoid()
    never = math.log(1 + math.exp(-10))  # cosine 0 and bias -10, and wrong indeed
    sure = math.log(1 + math.exp(10))  # the same answer where it is right
    assert loss(rows, rows, torch.tensor([0, 1])).item() == pytest.approx(math.log(2) + never, rel=1e-6)
    assert loss(rows, rows, torch.tensor([0, 0])).item() == pytest.approx(math.log(2) + sure, rel=1e-6)


def test_starts_near_the_share_of_right_pairs() -> None:
    loss, rows = Sigmoid(), unit_rows(6, 400, seed=1)  # in 400 dimensions random rows are nearly orthogonal
    answers = torch.sigmoid(loss.scale() * rows @ unit_rows(6, 400, seed=2).T + loss.bias)
    assert answers.max() < 0.001


def test_scale_and_bias_are_trained() -> None:
    loss, rows = Sigmoid(), unit_rows(6, 5, seed=3).float()
    loss(rows, rows, DISTINCT).backward()
    assert {name for name, value in loss.named_parameters() if value.grad.abs() > 1e-4} == {"bias", "scale.log_scale"}


def test_scale_never_exceeds_its_maximum() -> None:
    loss = Sigmoid(maximum_scale=50.0)
    with torch.no_grad():
        loss.scale.log_scale.fill_(9.0)
    assert loss.logit_scale == pytest.approx(50.0, rel=1e-6)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"initial_scale": 0.0}, "must be above 0 .* got 0"),
        ({"initial_scale": 300.0}, "maximum 200, got 300"),
        ({"initial_bias": math.inf}, "must be finite, got inf"),
    ],
)
def test_options_that_make_no_sense_are_refused(options: dict[str, float], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Sigmoid(**options)
