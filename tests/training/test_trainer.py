"""The trainer on a tiny world: features whose captions are a hidden rotation of them."""

import pytest
import torch
from torch import nn

from twinlens.config import HeadsRecipe
from twinlens.training.trainer import EpochLog, TrainingFeatures, train_heads

MEANINGS, FEATURES = 12, 24


def tiny_world(*, shuffled: bool = False) -> TrainingFeatures:
    """120 photos of 12 things; a caption is the thing seen through another basis, plus noise."""
    draw = torch.Generator().manual_seed(0)
    things = torch.rand(MEANINGS, FEATURES, generator=draw)
    labels = torch.arange(120) % MEANINGS
    images = things[labels] + 0.6 * torch.rand(120, FEATURES, generator=draw)
    words = torch.randn(120, 16, generator=draw) * 0.02 + torch.randn(MEANINGS, 16, generator=draw)[labels]
    individual = torch.randn(FEATURES, 16, generator=draw)
    captions = (words + (images - things[labels]) @ individual).unsqueeze(1)
    if shuffled:
        captions = captions[torch.randperm(120, generator=draw)]
    classifier = nn.Linear(FEATURES, MEANINGS).requires_grad_(False)
    classifier.weight.copy_(things - things.mean(dim=0))
    grouping = torch.zeros(MEANINGS, 2)
    grouping[:3, 0] = 1
    grouping[3:6, 1] = 1
    prompts, words = (torch.randn(rows, 16, generator=draw) for rows in (MEANINGS, 2))
    return TrainingFeatures(images, captions, images, prompts, words, grouping, classifier)


def recipe(**optimizer: float) -> HeadsRecipe:
    settings = {"learning_rate": 0.01, "batch_size": 60, "epochs": 60, **optimizer}
    return HeadsRecipe.model_validate(
        {"name": "tiny", "heads": {"embedding_dim": 16}, "optimizer": settings, "distillation": {"weight": 0.1}}
    )


def recall_at_1(data: TrainingFeatures, trained: TrainingFeatures) -> float:
    heads = train_heads(recipe(), trained)
    with torch.no_grad():
        scores = heads.text(data.captions[:, 0]) @ heads.image(data.images).T
    return (scores.argmax(dim=1) == torch.arange(len(scores))).float().mean().item()


def test_retrieves_far_above_chance() -> None:
    assert recall_at_1(tiny_world(), tiny_world()) > 0.5  # chance is 1 / 120


def test_falls_towards_chance_when_captions_are_shuffled() -> None:
    assert recall_at_1(tiny_world(), tiny_world(shuffled=True)) < 0.15


def test_same_seed_gives_the_same_heads_and_another_seed_others() -> None:
    data = tiny_world()
    first, again = train_heads(recipe(epochs=3), data), train_heads(recipe(epochs=3), data)
    other = train_heads(recipe(epochs=3).model_copy(update={"seed": 1}), data)
    assert torch.equal(first.image.projection.weight, again.image.projection.weight)
    assert not torch.equal(first.image.projection.weight, other.image.projection.weight)


def test_logs_each_epoch_and_the_loss_falls() -> None:
    log: list[EpochLog] = []
    train_heads(recipe(epochs=20), tiny_world(), on_epoch=log.append)
    assert [line.epoch for line in log] == list(range(1, 21))
    assert log[-1].contrastive < 0.7 * log[0].contrastive
    assert log[-1].loss == pytest.approx(log[-1].contrastive + 0.1 * log[-1].distillation, rel=1e-5)


def test_weight_zero_turns_distillation_off() -> None:
    log: list[EpochLog] = []
    plain = recipe(epochs=1).model_copy(
        update={"distillation": recipe().distillation.model_copy(update={"weight": 0.0})}
    )
    train_heads(plain, tiny_world(), on_epoch=log.append)
    assert log[0].distillation == 0.0
    assert log[0].loss == log[0].contrastive


def test_everyday_words_are_learnt_from_the_classes_below_them() -> None:
    data = tiny_world()
    settings = recipe().distillation
    taught = recipe().model_copy(
        update={"distillation": settings.model_copy(update={"groups_weight": 1.0, "weight": 1.0})}
    )
    heads = train_heads(taught, data)
    with torch.no_grad():
        probabilities = data.classifier(data.images).softmax(dim=-1) @ data.grouping
        scores = heads.image(data.images) @ heads.text(data.group_prompts).T
    first, second = probabilities[:, 0] > 0.5, probabilities[:, 1] > 0.5
    assert first.any()
    assert second.any()
    assert (scores[first, 0] > scores[first, 1]).float().mean() > 0.9
    assert (scores[second, 1] > scores[second, 0]).float().mean() > 0.9
