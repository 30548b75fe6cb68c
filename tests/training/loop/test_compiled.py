"""torch.compile: for towers that are trained, and in one line where it fails."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import nn

from training.tiny_world import stage
from twinlens.errors import TrainingError
from twinlens.training.loop import compiled
from twinlens.training.parts.dual_encoder import ImageSide, TextSide, TwoTowers
from twinlens.training.parts.heads import LinearHead
from twinlens.training.recipe import Stage

Graph = Callable[..., Any]


class Tower(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(4, 4)

    def forward(self, rows: torch.Tensor) -> torch.Tensor:
        return self.layer(rows).relu()


def two_small_towers() -> TwoTowers:
    image: Any = ImageSide(Tower(), LinearHead(4, 2), None)  # type: ignore[arg-type]
    return TwoTowers(image, TextSide(Tower(), LinearHead(4, 2), max_tokens=8))  # type: ignore[arg-type]


def test_a_trained_tower_is_compiled_and_a_frozen_one_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    graphs = []

    def keep(graph: torch.fx.GraphModule, _: list[Any]) -> Graph:
        graphs.append(graph)
        return graph.forward

    monkeypatch.setattr(compiled, "BACKEND", keep)
    model, rows = two_small_towers(), torch.randn(3, 4)
    expected, names = model.image.tower(rows), list(model.state_dict())
    compiled.compile_towers(model, Stage.model_validate(stage(image="all")))
    torch.testing.assert_close(model.image.tower(rows), expected)
    model.text.tower(rows)
    assert len(graphs) == 1
    assert list(model.state_dict()) == names
    compiled.compile_towers(model, Stage.model_validate(stage()))
    model.image.tower(rows[:2])
    assert len(graphs) == 1


def test_a_compiler_that_fails_is_told_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: torch.fx.GraphModule, __: list[Any]) -> Graph:
        raise OSError("no C++ compiler\nand a long story")

    monkeypatch.setattr(compiled, "BACKEND", fail)
    model = two_small_towers()
    compiled.compile_towers(model, Stage.model_validate(stage(text="all")))
    expected = pytest.raises(TrainingError, match=r"torch.compile failed here \(.*no C\+\+ compiler.*\); set ")
    with expected as error, compiled.explain_compilation():
        model.text.tower(torch.randn(3, 4))
    assert "\n" not in str(error.value)
