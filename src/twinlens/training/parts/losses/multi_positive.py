"""InfoNCE in which all captions of a photo are positives."""

import torch
from torch import Tensor, nn

from twinlens.training.parts.loss_options import checked_scale, checked_smoothing, scale_of_temperature
from twinlens.training.parts.same_photo import same_photo


class MultiPositiveInfoNCE(nn.Module):
    """Negative mean log-probability of a row's positives, in both directions.

    With s the scale and P(i) the rows with the same photo as i, including i,

        image→text = −1/B Σᵢ 1/|P(i)| Σ_{p∈P(i)} log( exp(s imageᵢ·textₚ) / Σⱼ exp(s imageᵢ·textⱼ) ),

    text→image likewise, and the loss is their mean. This is the bidirectional loss of UniCL (Yang et al. 2022,
    "Unified Contrastive Learning in Image-Text-Label Space"), which extends L_out of SupCon (Khosla et al. 2020,
    "Supervised Contrastive Learning", equation 2) to two modalities. The loss of a row with |P| positives
    is at least log |P|; if no photo occurs twice this is CLIP's loss.

    Args:
        initial_temperature: initial temperature; 1 / temperature scales the cosines.
        learnable: whether the temperature is trained.
        maximum_scale: upper limit of 1 / temperature.
        label_smoothing: share of a row's target that is spread evenly over its negatives.

    Raises:
        ValueError: an option is out of range.
    """

    def __init__(
        self,
        *,
        initial_temperature: float = 0.07,
        learnable: bool = True,
        maximum_scale: float = 100.0,
        label_smoothing: float = 0.0,
    ) -> None:
        super().__init__()
        initial = scale_of_temperature(initial_temperature)
        self.scale = checked_scale(initial, maximum=maximum_scale, learnable=learnable)
        self.label_smoothing = checked_smoothing(label_smoothing)

    @property
    def logit_scale(self) -> float:
        """1 / temperature, as it is now."""
        return float(self.scale().item())

    def forward(self, images: Tensor, texts: Tensor, photo_ids: Tensor) -> Tensor:
        """Scalar loss of unit rows images [B, D], texts [B, D] and their photo_ids [B]."""
        logits = self.scale() * images @ texts.T  # [B, B]
        targets = self._targets(same_photo(photo_ids).to(images.dtype))
        towards_texts = (targets * torch.log_softmax(logits, dim=1)).sum(dim=1)
        towards_images = (targets * torch.log_softmax(logits.T, dim=1)).sum(dim=1)
        return -(towards_texts + towards_images).mean() / 2

    def _targets(self, positive: Tensor) -> Tensor:
        """[B, B], target probabilities of each row, from a mask that is 1 for positives and 0 elsewhere."""
        negative = 1 - positive
        negatives = negative.sum(dim=1, keepdim=True)  # [B, 1]
        # a row without negatives is not smoothed
        spread = self.label_smoothing * negatives.clamp(max=1)
        return positive * (1 - spread) / positive.sum(dim=1, keepdim=True) + negative * spread / negatives.clamp(min=1)
