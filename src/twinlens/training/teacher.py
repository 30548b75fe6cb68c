"""The frozen image tower's own classifier as a teacher beside the captions: words that nobody captioned."""

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from twinlens.errors import ConfigError
from twinlens.training.dual_encoder import TwoTowers
from twinlens.training.heads import LogitScale
from twinlens.training.losses.classifier_distillation import classifier_distillation, push_towards_classes
from twinlens.training.recipe import Distillation

CLASS_NAMES = Path(__file__).with_name("imagenet_classes.txt")
CLASS_GROUPS = Path(__file__).with_name("imagenet_groups.txt")


def class_prompts(template: str, names: Path = CLASS_NAMES) -> list[str]:
    """One prompt a class; a class that shares its word with another has its gloss behind it.

    >>> prompts = class_prompts("a photo of a {}")
    >>> prompts[0], prompts[134]
    ('a photo of a tench', 'a photo of a crane, a wading bird')
    """
    rows = [line.split("\t") for line in names.read_text(encoding="utf-8").splitlines()]
    return [template.format(", ".join(row)) for row in rows]


def class_groups(classes: int, file: Path = CLASS_GROUPS) -> tuple[list[str], Tensor]:
    """The everyday words above the classes, and which class belongs to which: [C, H] of 0 and 1.

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
    """Prompts of all classes, then of all everyday words."""
    prompts = class_prompts(settings.prompt)
    words, _ = class_groups(len(prompts))
    return prompts + [settings.prompt.format(word) for word in words]


@dataclass(frozen=True)
class Lesson:
    """What is asked in one step: rows of prompts, the first ``classes`` of which are classes."""

    prompts: Tensor
    classes: int


class ClassifierTeacher:
    """KL between what the classifier says of photos and what the dual encoder says by words.

    Half of the photos are of the batch, half have no captions; each is shown plain and
    pushed towards a class drawn at random.

    Args:
        settings: of the recipe.
        classifier: features [B, F] to class logits [B, C].
        photos: [U, F], features of photos without captions.
        scale: of the cosines; None = 1 / 0.07.

    Raises:
        ConfigError: the tower has no classifier of the 1,000 ImageNet classes.
    """

    def __init__(
        self, settings: Distillation, classifier: nn.Linear | None, photos: Tensor, scale: LogitScale | None
    ) -> None:
        classes = len(class_prompts(settings.prompt))
        if classifier is None or classifier.out_features != classes:
            raise ConfigError(
                f"distillation needs an image tower with a classifier of {classes:,} ImageNet classes, "
                "as efficientnet-lite2"
            )
        self.settings, self.classifier, self.photos, self.scale = settings, classifier, photos, scale
        self.class_count = classes
        self.grouping = class_groups(classes)[1]

    def lesson(self, generator: torch.Generator, *, all_classes: bool) -> Lesson:
        """All classes, or as many as a step may show, and all everyday words."""
        count = self.class_count if all_classes else min(self.settings.classes_per_step, self.class_count)
        drawn = torch.arange(count)
        if count < self.class_count:
            drawn = torch.randperm(self.class_count, generator=generator)[:count].sort().values
        words = torch.arange(self.grouping.shape[1]) + self.class_count
        return Lesson(torch.cat([drawn, words]), count)

    def loss(
        self, model: TwoTowers, lesson: Lesson, images: Tensor, prompts: Tensor, generator: torch.Generator
    ) -> Tensor:
        """Scalar; ``images`` [B, F] are the batch's features, ``prompts`` [P, G] those of the lesson."""
        half = len(images) // 2
        others = self.photos[torch.randint(len(self.photos), (half,), generator=generator)].to(images.device)
        shown = torch.cat([images[:half], others])
        pushed = push_towards_classes(shown, self.classifier, strength=self.settings.push, generator=generator)
        taught = torch.cat([shown, pushed]).detach()
        with torch.no_grad():
            teacher = torch.softmax(self.classifier(taught), dim=-1)  # [2B, C]
        # dropout keeps a few thousand captioned photos from being learnt by heart; a teacher's word needs no such guard
        students = model.image.head.without_dropout(taught)
        texts = model.text.head.without_dropout(prompts)
        classes, words = texts[: lesson.classes], texts[lesson.classes :]
        drawn = lesson.prompts[: lesson.classes].to(images.device)
        scale = self.scale() if self.scale is not None else torch.tensor(1 / 0.07, device=images.device)
        total = classifier_distillation(students, classes, scale, _shares(teacher[:, drawn]))
        if self.settings.groups_weight:
            grouping = self.grouping.to(images.device)
            alone = grouping[drawn].sum(dim=1) == 0  # classes below no everyday word stand for themselves
            candidates = torch.cat([words, classes[alone]])
            shares = _shares(torch.cat([teacher @ grouping, teacher[:, drawn[alone]]], dim=1))
            total = total + self.settings.groups_weight * classifier_distillation(students, candidates, scale, shares)
        return total


def _shares(probabilities: Tensor) -> Tensor:
    return probabilities / probabilities.sum(dim=1, keepdim=True).clamp(min=1e-12)
