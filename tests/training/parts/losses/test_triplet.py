"""The triplet loss: the contract and answers worked out by hand."""

import math

import pytest
import torch
from torch import Tensor

from contracts.loss import DISTINCT, LossContract, unit_rows
from twinlens.training.parts.losses.triplet import Triplet


class TestTriplet(LossContract):
    @pytest.fixture
    def loss(self) -> Triplet:
        return Triplet()

    def plain_loop(self, loss: Triplet, images: Tensor, texts: Tensor, photo_ids: Tensor) -> float:
        count, total = len(images), 0.0
        for one_side, other_side in ((images, texts), (texts, images)):
            for row in range(count):
                costs = [0.0]
                for other in range(count):
                    if photo_ids[other] != photo_ids[row]:
                        lead = float(one_side[row] @ other_side[row]) - float(one_side[row] @ other_side[other])
                        costs.append(max(0.0, loss.margin - lead))
                total += max(costs) if loss.negatives == "hardest" else sum(costs)
        return total / count


class TestSummedTriplet(TestTriplet):
    @pytest.fixture
    def loss(self) -> Triplet:
        return Triplet(margin=0.4, negatives="sum")


# cosines of images (rows) and texts (columns): .9 .8 .1 | .2 .6 .5 | .3 .7 .4, made with texts as coordinates
IMAGES = torch.tensor([[0.9, 0.8, 0.1], [0.2, 0.6, 0.5], [0.3, 0.7, 0.4]])
TEXTS = torch.eye(3)


def test_three_pairs_give_the_answers_worked_out_by_hand() -> None:
    # images: .1 (text 2), .1 (text 3), .5 (text 2; text 3 is its own); texts: 0, .4 (image 1; image 3 .3), .3 (image 2)
    hardest = (0.1 + 0.1 + 0.5 + 0.0 + 0.4 + 0.3) / 3
    # the sums add .1 (image 3, text 1) and .3 (text 2, image 3)
    summed = hardest + (0.1 + 0.3) / 3
    assert Triplet()(IMAGES, TEXTS, torch.arange(3)).item() == pytest.approx(hardest, rel=1e-6)
    assert Triplet(negatives="sum")(IMAGES, TEXTS, torch.arange(3)).item() == pytest.approx(summed, rel=1e-6)


def test_captions_of_the_same_photo_are_skipped_in_the_search_for_the_hardest() -> None:
    # images 1 and 2 share a photo: image 1 has no wrong text near, image 2 still text 3, text 2 now image 3
    expected = (0.0 + 0.1 + 0.5 + 0.0 + 0.3 + 0.3) / 3
    assert Triplet()(IMAGES, TEXTS, torch.tensor([5, 5, 6])).item() == pytest.approx(expected, rel=1e-6)


def test_pairs_that_lead_by_the_margin_cost_nothing_and_teach_nothing() -> None:
    images = torch.eye(3).requires_grad_()
    loss = Triplet(margin=0.9)(images, torch.eye(3), torch.arange(3))
    loss.backward()
    assert loss.item() == 0.0
    assert not images.grad.any()


def test_collapsed_model_pays_the_margin_on_both_sides() -> None:
    rows = torch.ones(4, 4) / 2
    assert Triplet()(rows, rows, torch.arange(4)).item() == pytest.approx(0.4, rel=1e-6)
    assert Triplet(negatives="sum")(rows, rows, torch.arange(4)).item() == pytest.approx(3 * 0.4, rel=1e-6)


def test_equally_hard_negatives_share_the_gradient() -> None:
    texts = torch.tensor([[1.0, 0.0], [0.8, 0.6], [0.8, -0.6]]).requires_grad_()
    scores_of_first = torch.tensor([[1.0, 0.0], [0.0, 0.0], [0.0, 0.0]])  # the other two images see nothing
    (gradient,) = torch.autograd.grad(Triplet(margin=0.3)(scores_of_first, texts, torch.arange(3)), texts)
    assert gradient[1].tolist() == gradient[2].tolist()


def test_the_sum_is_never_below_the_hardest() -> None:
    images, texts = unit_rows(6, 5, seed=1), unit_rows(6, 5, seed=2)
    assert Triplet(negatives="sum")(images, texts, DISTINCT) > Triplet()(images, texts, DISTINCT)


@pytest.mark.parametrize("margin", [0.0, -0.2, math.nan])
def test_margin_that_is_not_positive_is_refused(margin: float) -> None:
    with pytest.raises(ValueError, match=f"margin must be positive, got {margin}"):
        Triplet(margin=margin)


def test_unknown_negatives_are_refused() -> None:
    with pytest.raises(ValueError, match="'hardest' or 'sum', got 'semi'"):
        Triplet(negatives="semi")
