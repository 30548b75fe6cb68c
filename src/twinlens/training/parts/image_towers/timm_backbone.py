"""Image backbones from timm, an optional dependency (it needs torchvision)."""

from importlib import import_module
from typing import Any

import torch
from torch import Tensor, nn

from twinlens.errors import TrainingError
from twinlens.model.preprocess import Interpolation, Preprocessing
from twinlens.training.parts.blocks import layer_blocks
from twinlens.training.parts.pretrained import reading
from twinlens.training.parts.towers import ImageTower

_INTERPOLATIONS: dict[str, Interpolation] = {"bilinear": "bilinear", "bicubic": "bicubic", "lanczos": "lanczos"}


class TimmBackbone(ImageTower):
    """A timm model without its classifier.

    Args:
        backbone: created with ``num_classes=0``.
        data_config: from ``timm.data.resolve_model_data_config``.
    """

    def __init__(self, backbone: Any, data_config: dict[str, Any]) -> None:
        super().__init__()
        self.backbone = backbone
        self._preprocessing = timm_preprocessing(data_config)
        side = self._preprocessing.image_size
        with torch.no_grad():
            self.features_dim = self(torch.zeros(1, 3, side, side)).shape[1]

    def preprocessing(self) -> Preprocessing:
        """The preprocessing that the backbone was evaluated with."""
        return self._preprocessing

    def blocks(self) -> list[nn.Module]:
        """The stem, then the model's layers or stages."""
        return layer_blocks(self.backbone, lists=(nn.ModuleList, nn.Sequential))

    def forward(self, pixels: Tensor) -> Tensor:
        """[B, F] features before the classifier, of normalised pixels [B, 3, H, W]."""
        features: Tensor = self.backbone.forward_head(self.backbone.forward_features(pixels), pre_logits=True)
        return features


def timm_preprocessing(data_config: dict[str, Any]) -> Preprocessing:
    """Converts a timm data configuration to our preprocessing.

    >>> pixels = {"mean": (0.5, 0.5, 0.5), "std": (0.5, 0.5, 0.5), "interpolation": "bicubic"}
    >>> timm_preprocessing({"input_size": (3, 224, 224), "crop_pct": 0.9, **pixels}).resized_side
    249

    Raises:
        TrainingError: the input is not square.
    """
    _, height, width = data_config["input_size"]
    if height != width:
        raise TrainingError(f"the model takes {height} × {width} pixels, but only square inputs are supported")
    squash = data_config.get("crop_mode") == "squash"
    return Preprocessing(
        image_size=height,
        resize_mode="squash" if squash else "crop",
        crop_fraction=1.0 if squash else data_config.get("crop_pct") or 1.0,
        interpolation=_INTERPOLATIONS.get(data_config["interpolation"], "bicubic"),
        mean=tuple(data_config["mean"]),
        std=tuple(data_config["std"]),
    )


def load_timm_backbone(name: str, *, pooling: str | None = None) -> TimmBackbone:
    """The pretrained timm model of that name ("resnet18.a1_in1k", "local-dir:PATH"), frozen.

    Raises:
        TrainingError: timm is not installed, or the model cannot be loaded.
    """
    if pooling not in (None, "pooled"):
        raise TrainingError(
            f"'timm:{name}' has its own trained pooling and does not support {pooling!r}; remove the pooling"
        )
    try:
        timm = import_module("timm")
    except ImportError as error:
        raise TrainingError(f"'timm:{name}' needs timm ({error}); run: pip install timm") from error
    with reading(f"timm:{name}"):
        backbone = timm.create_model(name, pretrained=True, num_classes=0)
        backbone = backbone.eval().requires_grad_(False)
        return TimmBackbone(backbone, timm.data.resolve_model_data_config(backbone)).eval()
