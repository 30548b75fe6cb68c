"""Projection heads and the logit scale."""

import pytest
import torch
from torch import Tensor, nn

from twinlens.errors import ConfigError, UnknownPartError
from twinlens.training.parts.heads import LinearHead, LogitScale, MlpHead, build_head

HEADS = [LinearHead(7, 5), LinearHead(7, 5, bias=True), MlpHead(7, 5), MlpHead(7, 5, hidden=(6, 4), batch_norm=False)]


@pytest.mark.parametrize("head", HEADS)
def test_rows_have_length_one(head: nn.Module) -> None:
    rows = head(torch.randn(4, 7))
    assert rows.shape == (4, 5)
    assert torch.allclose(rows.norm(dim=-1), torch.ones(4), atol=1e-6)


def test_a_linear_head_has_no_bias_unless_it_is_asked_for() -> None:
    assert LinearHead(7, 5).projection.bias is None
    head, features = LinearHead(7, 5, bias=True), torch.randn(3, 7)
    rows = features @ head.projection.weight.T + head.projection.bias
    assert torch.allclose(head(features), rows / rows.norm(dim=-1, keepdim=True), atol=1e-6)


@pytest.mark.parametrize("head", [LinearHead(64, 8, dropout=0.5), MlpHead(64, 8, hidden=(32,), dropout=0.5)])
def test_dropout_acts_while_training_only_and_not_without_it(head: LinearHead | MlpHead) -> None:
    features = torch.randn(3, 64)
    assert not torch.equal(head.train()(features), head.without_dropout(features))
    assert torch.equal(head.without_dropout(features), head.without_dropout(features))
    assert torch.equal(head.eval()(features), head.without_dropout(features))


def mlp_by_hand(head: MlpHead, features: Tensor) -> Tensor:
    """linear without bias → (x − mean) / √(variance + ε) over the batch → ReLU → linear → unit rows."""
    first, norm, _, _, last = head.layers
    hidden = features @ first.weight.T
    hidden = (hidden - hidden.mean(0)) / (hidden.var(0, unbiased=False) + norm.eps).sqrt() * norm.weight + norm.bias
    rows = hidden.clamp(min=0) @ last.weight.T + last.bias
    return rows / rows.norm(dim=-1, keepdim=True)


def test_an_mlp_head_is_its_formula() -> None:
    head, features = MlpHead(6, 4, hidden=(9,), dropout=0.0), torch.randn(8, 6)
    nn.init.normal_(head.layers[1].weight)
    nn.init.normal_(head.layers[1].bias)
    assert torch.allclose(head(features), mlp_by_hand(head, features), atol=1e-5)


def test_an_mlp_head_in_use_sees_each_row_alone() -> None:
    head, features = MlpHead(6, 4), torch.randn(8, 6)
    head(features)
    head.eval()
    assert torch.allclose(head(features)[:1], head(features[:1]), atol=1e-6)


def test_hidden_layers_stand_in_their_order() -> None:
    head = MlpHead(6, 4, hidden=(9, 8))
    widths = [(layer.in_features, layer.out_features) for layer in head.layers if isinstance(layer, nn.Linear)]
    assert widths == [(6, 9), (9, 8), (8, 4)]
    kinds = [type(layer) for layer in head.layers[:4]]
    assert kinds == [nn.Linear, nn.BatchNorm1d, nn.ReLU, nn.Dropout]
    assert not any(isinstance(layer, nn.BatchNorm1d) for layer in MlpHead(6, 4, batch_norm=False).layers)


def test_a_head_is_built_by_its_name_and_options() -> None:
    assert isinstance(build_head("linear", 7, 5, bias=True), LinearHead)
    head = build_head("mlp", 7, 5, hidden=[3])
    assert isinstance(head, MlpHead)
    assert head.layers[-1].in_features == 3


def test_unknown_heads_and_options_are_named_with_a_near_one() -> None:
    with pytest.raises(
        UnknownPartError, match=r"no head is called 'liner'; known: linear, mlp; did you mean 'linear'\?"
    ):
        build_head("liner", 7, 5)
    with pytest.raises(ConfigError, match=r"'mlp' has no option 'hiden'; it has .*; did you mean 'hidden'\?"):
        build_head("mlp", 7, 5, hiden=[3])


def test_scale_starts_at_one_over_the_temperature_and_is_clamped() -> None:
    scale = LogitScale()
    assert scale().item() == pytest.approx(1 / 0.07, rel=1e-5)
    with torch.no_grad():
        scale.log_scale.fill_(50.0)
    assert scale().item() == pytest.approx(100.0, rel=1e-5)
