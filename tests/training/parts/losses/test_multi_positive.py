"""InfoNCE with several right answers: the contract and answers worked out by hand."""

import math

import pytest
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from contracts.loss import DISTINCT, SHARED, LossContract, unit_rows
from twinlens.training.parts.losses.multi_positive import MultiPositiveInfoNCE


class TestMultiPositiveInfoNCE(LossContract):
    @pytest.fixture
    def loss(self) -> MultiPositiveInfoNCE:
        return MultiPositiveInfoNCE()

    def plain_loop(self, loss: MultiPositiveInfoNCE, images: Tensor, texts: Tensor, photo_ids: Tensor) -> float:
        count, total = len(images), 0.0
        for one_side, other_side in ((images, texts), (texts, images)):
            for row in range(count):
                logits = [loss.logit_scale * float(one_side[row] @ other_side[j]) for j in range(count)]
                norm = math.log(sum(math.exp(logit) for logit in logits))
                right = [norm - logits[j] for j in range(count) if photo_ids[j] == photo_ids[row]]
                wrong = [norm - logits[j] for j in range(count) if photo_ids[j] != photo_ids[row]]
                smooth = loss.label_smoothing if wrong else 0.0
                total += (1 - smooth) * sum(right) / len(right)
                total += smooth * sum(wrong) / max(1, len(wrong))
        return total / (2 * count)


class TestSmoothedMultiPositiveInfoNCE(TestMultiPositiveInfoNCE):
    @pytest.fixture
    def loss(self) -> MultiPositiveInfoNCE:
        return MultiPositiveInfoNCE(initial_temperature=0.2, label_smoothing=0.1)


def test_without_shared_photos_it_is_torchs_cross_entropy_both_ways() -> None:
    images, texts, loss = unit_rows(6, 5, seed=1), unit_rows(6, 5, seed=2), MultiPositiveInfoNCE()
    logits = loss.logit_scale * images @ texts.T
    both = sum(cross_entropy(side, torch.arange(6)) for side in (logits, logits.T))
    assert loss(images, texts, DISTINCT).item() == pytest.approx(both.item() / 2, rel=1e-9)


def test_three_orthogonal_rows_of_two_photos_give_the_answer_worked_out_by_hand() -> None:
    rows, loss = torch.eye(3), MultiPositiveInfoNCE(initial_temperature=1.0)
    norm = math.log(math.e + 2)  # of every row; the first two have their cosines 1 and 0 as right answers
    expected = (2 * (norm - 0.5) + (norm - 1)) / 3
    assert loss(rows, rows, torch.tensor([8, 8, 3])).item() == pytest.approx(expected, rel=1e-6)


def test_a_row_with_two_right_answers_cannot_fall_below_log_two() -> None:
    rows = torch.eye(4)[[0, 0, 1, 1]]  # two photos, each with two captions, told apart without doubt
    loss = MultiPositiveInfoNCE(initial_temperature=0.01)
    assert loss(rows, rows, torch.tensor([0, 0, 1, 1])).item() == pytest.approx(math.log(2), rel=1e-6)


def test_where_all_answers_are_right_none_is_smoothed_away() -> None:
    rows, one_photo = unit_rows(3, 5, seed=5), torch.zeros(3)
    plain, smoothed = MultiPositiveInfoNCE(), MultiPositiveInfoNCE(label_smoothing=0.4)
    assert smoothed(rows, rows, one_photo).item() == plain(rows, rows, one_photo).item() > math.log(3)


def test_captions_of_one_photo_are_pulled_to_each_others_image() -> None:
    images = torch.eye(4, dtype=torch.float64)[:3]
    texts = images.clone().requires_grad_()
    loss = MultiPositiveInfoNCE(initial_temperature=1.0)
    (gradient,) = torch.autograd.grad(loss(images, texts, torch.tensor([0, 0, 1])), texts)
    assert gradient[0] @ images[1] < 0  # nearer to the other image of its photo: cheaper
    assert gradient[0] @ images[2] > 0  # nearer to another photo: dearer


def test_is_the_same_with_the_two_sides_exchanged() -> None:
    images, texts, loss = unit_rows(6, 5, seed=3), unit_rows(6, 5, seed=4), MultiPositiveInfoNCE(label_smoothing=0.2)
    assert loss(images, texts, SHARED).item() == pytest.approx(loss(texts, images, SHARED).item())


def test_temperature_may_be_held() -> None:
    assert not any(value.requires_grad for value in MultiPositiveInfoNCE(learnable=False).parameters())
    assert all(value.requires_grad for value in MultiPositiveInfoNCE().parameters())


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"initial_temperature": 0.0}, "temperature must be positive, got 0.0"),
        ({"initial_temperature": 0.1, "maximum_scale": 5.0}, "at most the maximum 5, got 10"),
        ({"label_smoothing": 1.5}, "below 1, got 1.5"),
    ],
)
def test_options_that_make_no_sense_are_refused(options: dict[str, float], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        MultiPositiveInfoNCE(**options)
