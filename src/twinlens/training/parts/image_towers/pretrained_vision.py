"""Vision models from transformers: EfficientNet, ResNet, ViT, ConvNeXt, DINOv2, CLIP, SigLIP and others."""

import inspect
import math
from typing import Any

import torch
from torch import Tensor, nn

from twinlens.errors import TrainingError
from twinlens.model.preprocess import Preprocessing
from twinlens.training.parts.blocks import layer_blocks
from twinlens.training.parts.image_towers.image_processor import repository_preprocessing
from twinlens.training.parts.pretrained import load_backbone, open_repository, reading
from twinlens.training.parts.towers import ImageTower

POOLINGS = ("pooled", "cls", "mean")
# in classification checkpoints of these families the pooler is untrained or missing
_CLS_FAMILIES = ("vit", "deit", "vit_msn")


class PretrainedVision(ImageTower):
    """A transformers vision model with pooling.

    Args:
        backbone: returns ``last_hidden_state``, a grid [B, F, h, w] or tokens [B, P, F].
        preprocessing: that it was trained with.
        pooling: "pooled", "cls" or "mean"; the mean of tokens leaves out CLS and registers.
    """

    def __init__(self, backbone: Any, preprocessing: Preprocessing, *, pooling: str) -> None:
        super().__init__()
        self.backbone = backbone
        self.pooling = pooling
        self._preprocessing = preprocessing
        self._special_tokens = _special_tokens(backbone)
        with torch.no_grad():
            side = preprocessing.image_size
            self.features_dim = self(torch.zeros(1, 3, side, side)).shape[1]

    def preprocessing(self) -> Preprocessing:
        """The preprocessing of the repository's image processor."""
        return self._preprocessing

    def blocks(self) -> list[nn.Module]:
        """The stem, then the layers of a transformer or the stages of a convolutional network."""
        return layer_blocks(self.backbone)

    def grid(self, pixels: Tensor) -> Tensor | None:
        """[B, F, h, w] features of each cell or patch; None unless the pooling is their mean."""
        if not _pools_by_mean(self.backbone, self.pooling):
            return None
        states: Tensor = self.backbone(pixels).last_hidden_state
        if states.dim() == 4:
            return states
        patches = states[:, self._special_tokens :].transpose(1, 2)  # [B, F, h · w], row by row
        side = math.isqrt(patches.shape[2])
        return patches.reshape(*patches.shape[:2], side, side)

    def forward(self, pixels: Tensor) -> Tensor:
        """[B, F] pooled features of normalised pixels [B, 3, H, W]."""
        output = self.backbone(pixels)
        if self.pooling == "pooled":
            pooled: Tensor = output.pooler_output
            return pooled.flatten(1)  # from [B, F, 1, 1] in some families
        states: Tensor = output.last_hidden_state
        if states.dim() == 4:
            return states.mean(dim=(2, 3))
        return states[:, 0] if self.pooling == "cls" else states[:, self._special_tokens :].mean(dim=1)


def load_pretrained_vision(source: str, *, pooling: str | None = None) -> PretrainedVision:
    """The vision model of a directory or hub repository, frozen.

    The default pooling is CLS after the last norm for ViT, else the family's own pooler (the
    mean of the grid for ResNet and EfficientNet, normalized for ConvNeXt, CLS for DINOv2 and
    CLIP, attention for SigLIP). Of a CLIP or SigLIP model it is the vision part.

    Raises:
        TrainingError: it cannot be loaded, is not a vision model, or does not support the pooling.
    """
    if pooling not in (None, *POOLINGS):
        raise TrainingError(f"no pooling {pooling!r} for {source!r}; choose one of {', '.join(POOLINGS)}")
    repository = open_repository(source)
    backbone = load_backbone(
        repository, side="image", pooler=lambda family: (pooling or _usual_pooling(family)) == "pooled"
    )
    family = backbone.config.model_type
    if backbone.main_input_name != "pixel_values":
        raise TrainingError(f"{source!r} is a {family} model, not an image backbone; give a vision model")
    pooling = pooling or _usual_pooling(family)
    if pooling == "cls" and not _special_tokens(backbone):
        raise TrainingError(f"{source!r} is a {family} model without a CLS token; choose pooling 'pooled' or 'mean'")
    if pooling == "pooled" and not getattr(backbone, "use_head", True):
        raise TrainingError(f"{source!r} is a {family} model without a pooler; choose pooling 'mean'")
    if family == "efficientnet":
        # its own pooler has a kernel as large as the grid and cannot be exported; this one is equivalent
        kind = nn.AdaptiveMaxPool2d if backbone.config.pooling_type == "max" else nn.AdaptiveAvgPool2d
        backbone.pooler = kind(1)
    preprocessing = repository_preprocessing(repository, backbone.config, fixed_size=_fixed_size(backbone))
    with reading(source):
        return PretrainedVision(backbone, preprocessing, pooling=pooling).eval()


def _usual_pooling(family: str) -> str:
    return "cls" if family in _CLS_FAMILIES else "pooled"


def _pools_by_mean(backbone: Any, pooling: str) -> bool:
    pooler = getattr(backbone, "pooler", None)  # some families have no pooler module
    return pooling == "mean" or (pooling == "pooled" and isinstance(pooler, nn.AdaptiveAvgPool2d))


def _special_tokens(backbone: Any) -> int:
    """Number of tokens before the patches: CLS, distillation token, registers."""
    embeddings = getattr(backbone, "embeddings", None)
    named = [getattr(embeddings, name, None) for name in ("cls_token", "class_embedding", "distillation_token")]
    tokens = sum(token is not None for token in named)
    return tokens + int(getattr(backbone.config, "num_register_tokens", 0)) if tokens else 0


def _fixed_size(backbone: Any) -> int | None:
    """The image size of models with a fixed input size; None for models that take any size."""
    if "interpolate_pos_encoding" not in inspect.signature(backbone.forward).parameters:
        return None
    size = backbone.config.image_size
    return int(size if isinstance(size, int) else size[0])
