"""InfoNCE: the contract, torch's own cross-entropy, and answers worked out by hand."""

import math

import pytest
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from contracts.loss import DISTINCT, SHARED, LossContract, near, unit_rows
from twinlens.training.parts.losses.infonce import InfoNCE


class TestInfoNCE(LossContract):
    @pytest.fixture
    def loss(self) -> InfoNCE:
        return InfoNCE()

    def plain_loop(self, loss: InfoNCE, images: Tensor, texts: Tensor, photo_ids: Tensor) -> float:
        count, total = len(images), 0.0
        for one_side, other_side in ((images, texts), (texts, images)):
            for row in range(count):
                candidates = [j for j in range(count) if j == row or photo_ids[j] != photo_ids[row]]
                logits = {j: loss.logit_scale * float(one_side[row] @ other_side[j]) for j in candidates}
                norm = math.log(sum(math.exp(logit) for logit in logits.values()))
                smooth = loss.label_smoothing
                total += (1 - smooth) * (norm - logits[row])
                total += smooth * sum(norm - logit for logit in logits.values()) / len(candidates)
        return total / (2 * count)


class TestSmoothedInfoNCE(TestInfoNCE):
    @pytest.fixture
    def loss(self) -> InfoNCE:
        return InfoNCE(initial_temperature=0.2, label_smoothing=0.1)


@pytest.mark.parametrize("smoothing", [0.0, 0.3])
def test_without_shared_photos_it_is_torchs_cross_entropy_both_ways(smoothing: float) -> None:
    images, texts, loss = unit_rows(6, 5, seed=1), unit_rows(6, 5, seed=2), InfoNCE(label_smoothing=smoothing)
    logits = loss.logit_scale * images @ texts.T
    both = [cross_entropy(side, torch.arange(6), label_smoothing=smoothing) for side in (logits, logits.T)]
    assert loss(images, texts, DISTINCT).item() == pytest.approx(sum(both).item() / 2, rel=1e-9)


def test_two_orthogonal_pairs_give_the_answer_worked_out_by_hand() -> None:
    rows = torch.eye(2)
    loss = InfoNCE(initial_temperature=1.0)
    assert loss(rows, rows, torch.tensor([0, 1])).item() == pytest.approx(math.log(math.e + 1) - 1, rel=1e-6)
    assert loss(rows, rows, torch.tensor([0, 0])).item() == pytest.approx(0.0, abs=1e-7)


def test_collapsed_model_pays_the_log_of_the_batch() -> None:
    rows = torch.ones(7, 4) / 2
    assert InfoNCE()(rows, rows, torch.arange(7)).item() == pytest.approx(math.log(7), rel=1e-6)


def test_is_the_same_with_the_two_sides_exchanged() -> None:
    images, texts, loss = unit_rows(6, 5, seed=3), unit_rows(6, 5, seed=4), InfoNCE()
    assert loss(images, texts, SHARED).item() == pytest.approx(loss(texts, images, SHARED).item())


def test_temperature_sharpens_as_pairs_match_unless_it_is_held() -> None:
    images = unit_rows(6, 5, seed=5).float()
    for loss, moves in ((InfoNCE(), True), (InfoNCE(learnable=False), False)):
        assert loss.logit_scale == pytest.approx(1 / 0.07, rel=1e-5)
        trained = [value for value in loss.parameters() if value.requires_grad]
        assert bool(trained) == moves
        loss(images.clone().requires_grad_(), near(images, seed=6).float(), DISTINCT).backward()
        assert all(value.grad < 0 for value in trained)  # a step against it raises the scale


def test_scale_never_exceeds_its_maximum() -> None:
    loss = InfoNCE(initial_temperature=0.1, maximum_scale=10.0)
    with torch.no_grad():
        loss.scale.log_scale.fill_(9.0)
    assert loss.logit_scale == pytest.approx(10.0, rel=1e-6)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"initial_temperature": 0.0}, "temperature must be positive, got 0.0"),
        ({"initial_temperature": -1.0}, "temperature must be positive, got -1.0"),
        ({"initial_temperature": math.nan}, "temperature must be positive, got nan"),
        ({"initial_temperature": 0.001}, "at most the maximum 100, got 1000"),
        ({"maximum_scale": math.inf}, "maximum inf"),
        ({"label_smoothing": 1.0}, "below 1, got 1.0"),
        ({"label_smoothing": -0.1}, "from 0 to below 1, got -0.1"),
    ],
)
def test_options_that_make_no_sense_are_refused(options: dict[str, float], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        InfoNCE(**options)
