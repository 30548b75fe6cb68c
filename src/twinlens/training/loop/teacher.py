"""Distillation from the image tower's own ImageNet classifier, which knows words that no caption has."""

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from twinlens.errors import ConfigError
from twinlens.training.feeding.inputs import Inputs
from twinlens.training.parts.dual_encoder import TwoTowers
from twinlens.training.parts.heads import LogitScale
from twinlens.training.parts.losses.classifier_distillation import classifier_distillation, push_towards_classes
from twinlens.training.recipe import Distillation

CLASS_NAMES = Path(__file__).with_name("imagenet_classes.txt")
CLASS_GROUPS = Path(__file__).with_name("imagenet_groups.txt")


def class_prompts(template: str, names: Path = CLASS_NAMES) -> list[str]:
    """One prompt per class; a class name that is ambiguous is followed by its description.

    >>> prompts = class_prompts("a photo of a {}")
    >>> prompts[0], prompts[134]
    ('a photo of a tench', 'a photo of a crane, a wading bird')
    """
    rows = [line.split("\t") for line in names.read_text(encoding="utf-8").splitlines()]
    return [template.format(", ".join(row)) for row in rows]


def class_groups(classes: int, file: Path = CLASS_GROUPS) -> tuple[list[str], Tensor]:
    """Everyday words for groups of classes, and the membership matrix [C, H] of 0 and 1.

    >>> words, grouping = class_groups(1000)
    >>> words[14], grouping[:, 14].nonzero().flatten().tolist()
    ('cat', [281, 282, 283, 284, 285])
    """
    rows = [line.split("\t") for line in file.read_text(encoding="utf-8").splitlines()]
    grouping = torch.zeros(classes, len(rows))
    for column, (_, spans) in enumerate(rows):
        for span in spans.split(","):
            first, _, last = span.partition("-")
            grouping[int(first) : int(last or first) + 1, column] = 1.0
    return [word for word, _ in rows], grouping


def teacher_prompts(settings: Distillation) -> list[str]:
    """Prompts for all classes, then for all everyday words."""
    prompts = class_prompts(settings.prompt)
    words, _ = class_groups(len(prompts))
    return prompts + [settings.prompt.format(word) for word in words]


@dataclass(frozen=True)
class DistillationBatch:
    """The teacher's part of a step.

    Attributes:
        prompts: rows of the prompts that go through the text tower.
        photos: rows of the photos without captions.
    """

    prompts: Tensor
    photos: Tensor


@dataclass(frozen=True)
class PhotoFeatures:
    """Features [S, F] of the photos that the teacher classifies.

    Attributes:
        current: of the tower in training.
        pretrained: of the pretrained tower; the same tensor while the tower is frozen.
    """

    current: Tensor
    pretrained: Tensor


class ClassifierTeacher:
    """KL divergence between the classifier's predictions and the dual encoder's zero-shot classification.

    Two thirds of the photos are from the batch, or half of them while the tower is frozen; the
    others have no captions. Each is used unchanged and pushed towards a random class.

    Args:
        settings: from the recipe.
        classifier: features [B, F] to class logits [B, C].
        photos: photos without captions, as inputs of the stage.
        scale: of the cosines; None = 1 / 0.07.
        tower: the pretrained tower, if the stage trains it; None while it is frozen.

    Raises:
        ConfigError: the tower has no classifier of the 1,000 ImageNet classes.
    """

    def __init__(
        self,
        settings: Distillation,
        classifier: nn.Linear | None,
        photos: Inputs,
        scale: LogitScale | None,
        *,
        tower: nn.Module | None = None,
    ) -> None:
        classes = len(class_prompts(settings.prompt))
        if classifier is None or classifier.out_features != classes:
            raise ConfigError(
                f"distillation needs an image tower with a classifier of {classes:,} ImageNet classes, "
                "such as efficientnet-lite2"
            )
        self.settings, self.classifier, self.photos, self.scale = settings, classifier, photos, scale
        self.tower = tower
        self.class_count = classes
        self.grouping = class_groups(classes)[1]

    def uses_all_prompts(self, prompts: Inputs) -> bool:
        """Whether a step uses all prompts: they are features already, or few enough for the text tower."""
        return not prompts.is_live or self.settings.classes_per_step >= self.class_count

    def draw_batch(self, generator: torch.Generator, *, batch_size: int, all_classes: bool) -> DistillationBatch:
        """Prompts of all or of some random classes, with all everyday words, and random photos."""
        count = self.class_count if all_classes else min(self.settings.classes_per_step, self.class_count)
        drawn = torch.arange(count)
        if count < self.class_count:
            drawn = torch.randperm(self.class_count, generator=generator)[:count].sort().values
        words = torch.arange(self.grouping.shape[1]) + self.class_count
        others = torch.randint(len(self.photos), (batch_size // (4 if self.tower else 2),), generator=generator)
        return DistillationBatch(torch.cat([drawn, words]), others)

    def loss(self, model: TwoTowers, photos: PhotoFeatures, prompts: Tensor, generator: torch.Generator) -> Tensor:
        """Scalar loss.

        Args:
            model: the model in training.
            photos: features of the photos.
            prompts: [P, G], features of all prompts.
            generator: source of randomness.
        """
        images = photos.current
        fixed = images.detach()
        pushed = push_towards_classes(fixed, self.classifier, strength=self.settings.push, generator=generator).detach()
        with torch.no_grad():
            teacher = torch.softmax(self.classifier(torch.cat([photos.pretrained, pushed])), dim=-1)  # [2S, C]
        # no dropout: it prevents overfitting to few captions, which the teacher's targets do not need
        students = model.image.head.without_dropout(torch.cat([images, pushed]))
        texts = model.text.head.without_dropout(prompts)
        classes, words = texts[: self.class_count], texts[self.class_count :]
        scale = self.scale() if self.scale is not None else torch.tensor(1 / 0.07, device=images.device)
        total = classifier_distillation(students, classes, scale, teacher)
        if self.settings.groups_weight:
            grouping = self.grouping.to(images.device)
            alone = grouping.sum(dim=1) == 0  # classes in no group are kept as they are
            candidates = torch.cat([words, classes[alone]])
            shares = _shares(torch.cat([teacher @ grouping, teacher[:, alone]], dim=1))
            total = total + self.settings.groups_weight * classifier_distillation(students, candidates, scale, shares)
        if self.tower:
            predicted = torch.log_softmax(self.classifier(images), dim=-1)
            kept = nn.functional.kl_div(predicted, teacher[: len(images)], reduction="batchmean")
            total = total + self.settings.keep_weight * kept
        return total


def _shares(probabilities: Tensor) -> Tensor:
    return probabilities / probabilities.sum(dim=1, keepdim=True).clamp(min=1e-12)
