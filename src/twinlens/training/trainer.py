"""Trains two projection heads on the features of frozen towers."""

import logging
import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from twinlens.config import HeadsRecipe
from twinlens.training.heads import LinearHead, LogitScale
from twinlens.training.losses.classifier_distillation import classifier_distillation, push_towards_classes
from twinlens.training.losses.infonce import symmetric_infonce

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class TrainingFeatures:
    """What the frozen towers say of the training data.

    Attributes:
        images: [N, F], one row a captioned photo.
        captions: [N, M, G], M captions a photo (a photo with fewer repeats its own).
        unlabeled: [U, F], photos without captions.
        class_prompts: [C, G], one prompt for each class of ``classifier``.
        group_prompts: [H, G], one prompt for each everyday word above classes.
        grouping: [C, H], 1 where a class belongs to a group, else 0.
        classifier: the image backbone's own, features [B, F] to logits [B, C].
    """

    images: Tensor
    captions: Tensor
    unlabeled: Tensor
    class_prompts: Tensor
    group_prompts: Tensor
    grouping: Tensor
    classifier: nn.Linear


@dataclass(frozen=True)
class TrainedHeads:
    """Two heads and the scale of their cosines."""

    image: LinearHead
    text: LinearHead
    logit_scale: LogitScale


@dataclass(frozen=True)
class EpochLog:
    """One line of the training log."""

    epoch: int
    loss: float
    contrastive: float
    distillation: float
    logit_scale: float


def train_heads(
    recipe: HeadsRecipe, data: TrainingFeatures, *, on_epoch: Callable[[EpochLog], None] = lambda _: None
) -> TrainedHeads:
    """Runs the recipe. The same recipe, features and thread count give the same heads.

    An epoch shows each photo once with one of its captions drawn at random; a
    last batch that is not full is dropped, as its loss would be on another scale.
    """
    settings = recipe.optimizer
    torch.manual_seed(recipe.seed)
    draw = torch.Generator().manual_seed(recipe.seed)
    dim, dropout = recipe.heads.embedding_dim, recipe.heads.dropout
    heads = TrainedHeads(
        LinearHead(data.images.shape[1], dim, dropout=dropout),
        LinearHead(data.captions.shape[2], dim, dropout=dropout),
        LogitScale(),
    )
    modules = nn.ModuleList([heads.image, heads.text, heads.logit_scale]).train()
    optimizer = torch.optim.AdamW(modules.parameters(), lr=settings.learning_rate, weight_decay=settings.weight_decay)
    batch_size = min(settings.batch_size, len(data.images))
    batches = len(data.images) // batch_size
    warmup, total = settings.warmup_epochs * batches, settings.epochs * batches
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: warmup_cosine(step, warmup=warmup, total=total)
    )
    for epoch in range(1, settings.epochs + 1):
        sums = torch.zeros(3)
        order = torch.randperm(len(data.images), generator=draw)
        choice = torch.randint(data.captions.shape[1], (len(data.images),), generator=draw)
        for start in range(0, batches * batch_size, batch_size):
            rows = order[start : start + batch_size]
            contrastive, distilled = _losses(recipe, data, heads, rows, data.captions[rows, choice[rows]], draw)
            loss = contrastive + recipe.distillation.weight * distilled
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            schedule.step()
            sums += torch.stack([loss.detach(), contrastive.detach(), distilled.detach()])
        mean = (sums / batches).tolist()
        on_epoch(EpochLog(epoch, mean[0], mean[1], mean[2], heads.logit_scale().item()))
    modules.eval()
    return heads


def _losses(
    recipe: HeadsRecipe,
    data: TrainingFeatures,
    heads: TrainedHeads,
    rows: Tensor,
    captions: Tensor,
    draw: torch.Generator,
) -> tuple[Tensor, Tensor]:
    images, scale = heads.image(data.images[rows]), heads.logit_scale()
    contrastive = symmetric_infonce(images, heads.text(captions), scale)
    if recipe.distillation.weight == 0:
        return contrastive, torch.zeros(())
    unlabeled = torch.randint(len(data.unlabeled), (len(rows) // 2,), generator=draw)
    shown = torch.cat([data.images[rows[: len(rows) // 2]], data.unlabeled[unlabeled]])
    pushed = push_towards_classes(shown, data.classifier, strength=recipe.distillation.push, generator=draw)
    taught = torch.cat([shown, pushed])  # [2B, F]
    with torch.no_grad():
        teacher = torch.softmax(data.classifier(taught), dim=-1)
    # dropout keeps 6,000 captioned photos from being learnt by heart; a teacher's word needs no such guard
    students = heads.image.without_dropout(taught)
    classes = heads.text.without_dropout(data.class_prompts)
    distilled = classifier_distillation(students, classes, scale, teacher)
    if recipe.distillation.groups_weight:
        groups = torch.cat([heads.text.without_dropout(data.group_prompts), classes[_ungrouped(data)]])
        group_teacher = torch.cat([teacher @ data.grouping, teacher[:, _ungrouped(data)]], dim=1)
        distilled = distilled + recipe.distillation.groups_weight * classifier_distillation(
            students, groups, scale, group_teacher
        )
    return contrastive, distilled


def _ungrouped(data: TrainingFeatures) -> Tensor:
    return data.grouping.sum(dim=1) == 0


def warmup_cosine(step: int, *, warmup: int, total: int) -> float:
    """Share of the learning rate at a step: linear rise, then half a cosine down to 0.

    >>> [round(warmup_cosine(step, warmup=2, total=10), 2) for step in (0, 1, 2, 6, 10)]
    [0.5, 1.0, 1.0, 0.5, 0.0]
    """
    if step < warmup:
        return (step + 1) / warmup
    return 0.5 * (1 + math.cos(math.pi * (step - warmup) / max(1, total - warmup)))
