"""InfoNCE in which all captions of a photo are right answers."""

import torch
from torch import Tensor, nn

from twinlens.training.parts.loss_options import checked_scale, checked_smoothing, scale_of_temperature
from twinlens.training.parts.same_photo import same_photo


class MultiPositiveInfoNCE(nn.Module):
    """Mean over a row's right answers of their log-probability, from both sides.

    With s the scale and P(i) the rows of the same photo as i, i among them,

        image→text = −1/B Σᵢ 1/|P(i)| Σ_{p∈P(i)} log( exp(s imageᵢ·textₚ) / Σⱼ exp(s imageᵢ·textⱼ) ),

    text→image likewise, and the loss is their mean. This is the bidirectional loss of UniCL (Yang et al. 2022,
    "Unified Contrastive Learning in Image-Text-Label Space"), which carries L_out of SupCon (Khosla et al. 2020,
    "Supervised Contrastive Learning", equation 2) over to two sides. A row with |P| right answers
    cannot fall below log |P|; where no photo comes twice the loss is CLIP's.

    Args:
        initial_temperature: the temperature at the start; 1 / temperature scales the cosines.
        learnable: whether the temperature is trained too.
        maximum_scale: 1 / temperature never exceeds this.
        label_smoothing: share of a row's target that its wrong answers get in equal parts.

    Raises:
        ValueError: an option makes no sense.
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

    def _targets(self, right: Tensor) -> Tensor:
        """[B, B], what each row's probabilities should be, from 1 where an answer is right and 0 elsewhere."""
        wrong = 1 - right
        wrong_answers = wrong.sum(dim=1, keepdim=True)  # [B, 1]
        # where all answers are right, none is left to take a share
        spread = self.label_smoothing * wrong_answers.clamp(max=1)
        return right * (1 - spread) / right.sum(dim=1, keepdim=True) + wrong * spread / wrong_answers.clamp(min=1)
