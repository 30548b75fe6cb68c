"""Projection heads and the logit scale."""

import pytest
import torch

from twinlens.training.heads import LinearHead, LogitScale


def test_rows_have_length_one() -> None:
    rows = LinearHead(7, 5)(torch.randn(4, 7))
    assert torch.allclose(rows.norm(dim=-1), torch.ones(4), atol=1e-6)


def test_dropout_acts_while_training_only_and_not_without_it() -> None:
    head, features = LinearHead(64, 8, dropout=0.5), torch.randn(3, 64)
    assert not torch.equal(head(features), head.without_dropout(features))
    assert torch.equal(head.without_dropout(features), head.without_dropout(features))
    assert torch.equal(head.eval()(features), head.without_dropout(features))


def test_scale_starts_at_one_over_the_temperature_and_is_clamped() -> None:
    scale = LogitScale()
    assert scale().item() == pytest.approx(1 / 0.07, rel=1e-5)
    with torch.no_grad():
        scale.log_scale.fill_(50.0)
    assert scale().item() == pytest.approx(100.0, rel=1e-5)
