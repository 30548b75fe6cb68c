"""Symmetric InfoNCE against a plain loop, a worked answer, and its gradient."""

import math

import pytest
import torch
from torch.nn.functional import normalize

from twinlens.training.losses.infonce import symmetric_infonce


def plain_loop(images: torch.Tensor, texts: torch.Tensor, scale: float) -> float:
    count, total = len(images), 0.0
    for row in range(count):
        towards_texts = [scale * float(images[row] @ texts[column]) for column in range(count)]
        towards_images = [scale * float(texts[row] @ images[column]) for column in range(count)]
        for logits in (towards_texts, towards_images):
            total += math.log(sum(math.exp(logit) for logit in logits)) - logits[row]
    return total / (2 * count)


def unit_rows(rows: int, columns: int, seed: int) -> torch.Tensor:
    return normalize(
        torch.randn(rows, columns, generator=torch.Generator().manual_seed(seed), dtype=torch.float64), dim=-1
    )


@pytest.mark.parametrize("batch", [2, 5, 9])
def test_equals_a_plain_loop(batch: int) -> None:
    images, texts = unit_rows(batch, 6, 1), unit_rows(batch, 6, 2)
    loss = symmetric_infonce(images, texts, torch.tensor(14.0, dtype=torch.float64))
    assert loss.item() == pytest.approx(plain_loop(images, texts, 14.0), rel=1e-9)


def test_two_orthogonal_pairs_give_the_answer_worked_out_by_hand() -> None:
    rows = torch.eye(2)
    loss = symmetric_infonce(rows, rows, torch.tensor(1.0))
    assert loss.item() == pytest.approx(math.log(math.e + 1) - 1, rel=1e-6)


def test_is_the_same_with_the_two_sides_exchanged() -> None:
    images, texts, scale = unit_rows(4, 6, 3), unit_rows(4, 6, 4), torch.tensor(10.0, dtype=torch.float64)
    assert symmetric_infonce(images, texts, scale).item() == pytest.approx(
        symmetric_infonce(texts, images, scale).item()
    )


def test_gradients_agree_with_finite_differences() -> None:
    images, texts = unit_rows(3, 4, 5).requires_grad_(), unit_rows(3, 4, 6).requires_grad_()
    scale = torch.tensor(5.0, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(symmetric_infonce, (images, texts, scale))
