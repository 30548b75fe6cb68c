"""The two towers of a published dual encoder as graphs, with their own projections."""

from typing import Any

import torch
from torch import Tensor, nn


class PublishedImages(nn.Module):
    """Pixels → embedding and pooled features, with the model's own projection."""

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.tower = model.vision_model
        self.projection = getattr(model, "visual_projection", None) or nn.Identity()  # SigLIP has none

    def forward(self, pixels: Tensor) -> tuple[Tensor, Tensor]:
        """[B, D] unit rows, [B, F] of normalised pixels [B, 3, H, W]."""
        features = self.tower(pixel_values=pixels).pooler_output
        return nn.functional.normalize(self.projection(features), dim=-1), features

    def dims(self, image_size: int) -> tuple[int, int]:
        """D and F."""
        with torch.no_grad():
            embedding, features = self(torch.zeros(1, 3, image_size, image_size))
        return int(embedding.shape[1]), int(features.shape[1])


class PublishedTexts(nn.Module):
    """Tokens → embedding, with the model's own pooling and projection."""

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.model = model

    def forward(self, input_ids: Tensor, attention_mask: Tensor | None = None) -> Tensor:
        """[B, D] unit rows of tokens [B, T]."""
        found = self.model.get_text_features(input_ids=input_ids, attention_mask=attention_mask)
        return nn.functional.normalize(found.pooler_output, dim=-1)
