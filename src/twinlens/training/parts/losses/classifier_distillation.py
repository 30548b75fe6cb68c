"""Distillation loss from the image backbone's own classifier."""

import torch
from torch import Tensor, nn


def classifier_distillation(images: Tensor, class_texts: Tensor, logit_scale: Tensor, teacher: Tensor) -> Tensor:
    """KL(teacher ‖ student), where the student is zero-shot classification by the dual encoder.

    The student's probabilities are softmax(scale · image · text("a photo of a {class}")).

    Args:
        images: [B, D], unit rows.
        class_texts: [C, D], unit rows, one prompt per class.
        logit_scale: scalar, 1 / temperature.
        teacher: [B, C], class probabilities of the backbone's classifier.
    """
    student = torch.log_softmax(logit_scale * images @ class_texts.T, dim=-1)  # [B, C]
    return nn.functional.kl_div(student, teacher, reduction="batchmean")


def push_towards_classes(
    features: Tensor, classifier: nn.Linear, *, strength: tuple[float, float], generator: torch.Generator
) -> Tensor:
    """Moves features along the classifier's weight vector of a random class.

    So the teacher's predictions cover all classes, also those that no training photo shows.

    Args:
        features: [B, F], pooled features after a ReLU6, so never negative.
        classifier: linear layer [C, F].
        strength: smallest and largest length of the shift, drawn uniformly for each row,
            relative to the mean feature norm.
        generator: source of randomness.
    """
    classes = torch.randint(classifier.out_features, (len(features),), generator=generator).to(features.device)
    directions = nn.functional.normalize(classifier.weight[classes], dim=-1)  # [B, F]
    least, greatest = strength
    lengths = least + (greatest - least) * torch.rand(len(features), 1, generator=generator).to(features.device)
    pushed: Tensor = (features + lengths * features.norm(dim=-1).mean() * directions).clamp(min=0.0, max=6.0)
    return pushed
