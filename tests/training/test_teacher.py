"""The classifier as a teacher: words that no caption has are learnt from the photos' classes."""

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from training.tiny_world import CHANCE, recalls, recipe, stage, train
from twinlens.data.find import open_dataset
from twinlens.errors import ConfigError
from twinlens.model.preprocess import Preprocessing
from twinlens.training.dual_encoder import ImageSide, build_model
from twinlens.training.features import FeatureCache
from twinlens.training.heads import LogitScale, build_head
from twinlens.training.losses.infonce import InfoNCE
from twinlens.training.processes import Processes
from twinlens.training.recipe import Distillation, Recipe
from twinlens.training.run_log import EpochLog, Listener
from twinlens.training.split_inputs import InputsFactory
from twinlens.training.teacher import ClassifierTeacher, class_groups, teacher_prompts
from twinlens.training.towers import ImageTower
from twinlens.training.trainer import Trainer

Towers = dict[str, Path]
DISTILLED = {"weight": 1.0, "groups_weight": 1.0}


class ColourTower(ImageTower):
    """Colours of 16 cells, and a classifier of ImageNet's classes that was drawn at random."""

    def __init__(self) -> None:
        super().__init__()
        self.features_dim = 48
        self.scale = nn.Parameter(torch.ones(1))
        generator = torch.Generator().manual_seed(0)
        self.top = nn.Linear(48, 1000)
        self.top.weight.data.copy_(3 * torch.randn(1000, 48, generator=generator))
        self.top.bias.data.zero_()

    @property
    def classifier(self) -> nn.Linear:
        return self.top

    def preprocessing(self) -> Preprocessing:
        same = (0.5, 0.5, 0.5)
        return Preprocessing(image_size=32, resize_mode="squash", interpolation="bicubic", mean=same, std=same)

    def blocks(self) -> list[nn.Module]:
        return [self]

    def forward(self, pixels: Tensor) -> Tensor:
        cells = nn.functional.avg_pool2d(pixels, 8).flatten(1) * self.scale
        return cells.clamp(min=0)


def run(settings: Recipe, world: Path, cache: Path, **options: Any) -> list[EpochLog]:
    """Trains on the tiny world, with a tower that has a classifier."""
    model, tower, lines = build_model(settings), ColourTower().requires_grad_(False).eval(), list[EpochLog]()
    torch.manual_seed(0)
    model.image = ImageSide(tower, build_head("linear", 48, settings.embedding_dim), tower.preprocessing())
    dataset = open_dataset(world)
    trainer = Trainer(
        settings,
        model,
        InfoNCE(),
        dataset.split("train"),
        dataset.split("val"),
        factory=InputsFactory(settings, model, FeatureCache(cache)),
        processes=Processes(torch.device("cpu")),
        listener=Listener(on_epoch=lines.append),
        **options,
    )
    trainer.fit()
    return lines


def test_loss_is_the_pairs_and_the_share_of_the_teacher(world: Path, towers: Towers, cache: Path) -> None:
    lines = run(recipe(towers, distillation={"weight": 0.3}, stages=[stage(epochs=1)]), world, cache)
    losses = lines[0].losses
    assert losses["distillation"] > 0
    assert losses["loss"] == pytest.approx(losses["pairs"] + 0.3 * losses["distillation"], rel=1e-5)
    plain = run(recipe(towers, stages=[stage(epochs=1)]), world, cache)
    assert plain[0].losses.keys() == {"pairs", "loss"}


def test_words_that_nobody_captioned_are_learnt_from_the_classes_below_them(towers: Towers) -> None:
    """Photos near 40 classes; heads that only the teacher trains must find other photos' everyday words."""
    model, draw = build_model(recipe(towers, embedding_dim=32)), torch.Generator().manual_seed(0)
    model.image = ImageSide(ColourTower(), build_head("linear", 48, 32), ColourTower().preprocessing())
    things = 2 * torch.rand(1000, 48, generator=draw)
    classifier = nn.Linear(48, 1000).requires_grad_(False)
    classifier.weight.copy_(2 * (things - things.mean(dim=0)))
    shown = torch.randperm(1000, generator=draw)[:40].repeat(20)
    photos = (things[shown] + 0.2 * torch.randn(800, 48, generator=draw)).clamp(min=0)
    settings = Distillation(groups_weight=1.0, push=(0.0, 0.5))
    words, grouping = class_groups(1000)
    prompts = torch.randn(1000 + len(words), 32, generator=draw)
    teacher = ClassifierTeacher(settings, classifier, photos[:400], None)
    optimizer = torch.optim.Adam([*model.image.head.parameters(), *model.text.head.parameters()], lr=0.02)
    for _ in range(150):
        optimizer.zero_grad()
        lesson = teacher.lesson(draw, all_classes=True)
        teacher.loss(model, lesson, photos[:64], prompts[lesson.prompts], draw).backward()
        optimizer.step()
    with torch.no_grad():
        others = photos[400:]
        probabilities = classifier(others).softmax(dim=-1) @ grouping
        scores = model.image.head(others) @ model.text.head(prompts[1000:]).T
    sure = probabilities.amax(dim=1) > 0.5
    assert sure.sum() > 50
    assert (scores.argmax(dim=1) == probabilities.argmax(dim=1))[sure].float().mean() > 0.5  # by chance 1 in 52


def test_prompts_of_a_trained_text_tower_are_some_each_step(world: Path, towers: Towers, cache: Path) -> None:
    settings = recipe(
        towers, distillation={**DISTILLED, "classes_per_step": 9}, stages=[stage(epochs=2, text="last-1")]
    )
    lines = run(settings, world, cache)
    assert lines[1].losses["loss"] < lines[0].losses["loss"]


def test_photos_without_captions_take_part(world: Path, towers: Towers, cache: Path) -> None:
    settings = recipe(towers, distillation={"weight": 1.0}, stages=[stage(epochs=1)])
    own = run(settings, world, cache)
    others = run(settings, world, cache, unlabeled=torch.rand(20, 48, generator=torch.Generator().manual_seed(1)))
    assert own[0].losses["distillation"] != pytest.approx(others[0].losses["distillation"], rel=1e-3)


def test_a_lesson_has_all_classes_or_some_and_always_the_everyday_words() -> None:
    settings = Distillation(classes_per_step=7)
    teacher = ClassifierTeacher(settings, nn.Linear(8, 1000), torch.rand(4, 8), LogitScale())
    words = len(class_groups(1000)[0])
    whole = teacher.lesson(torch.Generator().manual_seed(0), all_classes=True)
    assert whole.prompts.tolist() == list(range(len(teacher_prompts(settings)))) == list(range(1000 + words))
    some = teacher.lesson(torch.Generator().manual_seed(0), all_classes=False)
    assert (some.classes, len(some.prompts)) == (7, 7 + words)
    assert len(set(some.prompts[:7].tolist())) == 7
    assert some.prompts[:7].max() < 1000 <= some.prompts[7:].min()
    other = teacher.lesson(torch.Generator().manual_seed(1), all_classes=False)
    assert some.prompts.tolist() != other.prompts.tolist()


@pytest.mark.parametrize("classifier", [None, nn.Linear(8, 10)], ids=["none", "of ten classes"])
def test_a_tower_without_imagenets_classifier_cannot_teach(classifier: nn.Linear | None) -> None:
    with pytest.raises(ConfigError, match="a classifier of 1,000 ImageNet classes, as efficientnet-lite2"):
        ClassifierTeacher(Distillation(), classifier, torch.rand(4, 8), None)


@pytest.mark.slow
def test_the_towers_of_the_package_are_taught_and_trained(world: Path, cache: Path, tmp_path: Path) -> None:
    settings = Recipe.model_validate(
        {
            "name": "lite",
            "image": {"tower": "efficientnet-lite0", "image_size": 64, "head": {"dropout": 0.3}},
            "text": {"max_tokens": 16},
            "embedding_dim": 64,
            "distillation": {"groups_weight": 0.5},
            "optimizer": {"batch_size": 48},
            "trainer": {"device": "cpu"},
            "stages": [{"epochs": 20, "learning_rate": 3e-3}],
        }
    )
    _, lines = train(settings, world, tmp_path / "run", cache=cache)
    assert min(recalls(lines[-1])) > 10 * CHANCE
    assert lines[-1].losses["distillation"] < 0.8 * lines[0].losses["distillation"]
