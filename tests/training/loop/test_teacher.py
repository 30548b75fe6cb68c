"""The classifier as a teacher: words that no caption has are learnt from the photos' classes."""

import random
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from training.tiny_world import CHANCE, recalls, recipe, save_photo, stage, train
from twinlens.data.find import open_dataset
from twinlens.errors import ConfigError
from twinlens.model.preprocess import Preprocessing
from twinlens.training.feeding.features import FeatureCache
from twinlens.training.feeding.inputs import FrozenFeatures
from twinlens.training.feeding.split_inputs import InputsFactory
from twinlens.training.loop.processes import Processes
from twinlens.training.loop.run_log import EpochLog, Listener
from twinlens.training.loop.stage_run import StageRun
from twinlens.training.loop.teacher import ClassifierTeacher, PhotoFeatures, class_groups, teacher_prompts
from twinlens.training.loop.trainer import Trainer
from twinlens.training.parts.dual_encoder import ImageSide
from twinlens.training.parts.heads import LogitScale, build_head
from twinlens.training.parts.losses.infonce import InfoNCE
from twinlens.training.parts.towers import ImageTower
from twinlens.training.recipe import Distillation, Recipe
from twinlens.training.runs.build import build_model

Towers = dict[str, Path]
DISTILLED = {"weight": 1.0, "groups_weight": 1.0}


class ColourTower(ImageTower):
    """Colours of 16 cells, and a classifier of ImageNet's classes that was drawn at random."""

    def __init__(self, *, can_be_cut: bool = True) -> None:
        super().__init__()
        self.features_dim, self.can_be_cut = 48, can_be_cut
        self.first = nn.Sequential(nn.AvgPool2d(8), nn.Flatten())
        self.last = nn.Sequential(nn.Linear(48, 48), nn.ReLU())
        self.last[0].weight.data.copy_(torch.eye(48))
        self.last[0].bias.data.zero_()
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
        return [nn.ModuleList(), self.last]

    def cut(self, last: int) -> tuple[nn.Module, nn.Module] | None:
        return (self.first, self.last) if self.can_be_cut and last == 1 else None

    def forward(self, pixels: Tensor) -> Tensor:
        features: Tensor = self.last(self.first(pixels))
        return features


def run(
    settings: Recipe, world: Path, cache: Path, *, tower: ColourTower | None = None, **options: Any
) -> list[EpochLog]:
    """Trains on the tiny world, with a tower that has a classifier."""
    tower = tower or ColourTower().requires_grad_(False).eval()
    model, lines = build_model(settings), list[EpochLog]()
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
    teacher = ClassifierTeacher(settings, classifier, FrozenFeatures(photos[:400].unsqueeze(1)), None)
    optimizer = torch.optim.Adam([*model.image.head.parameters(), *model.text.head.parameters()], lr=0.02)
    for _ in range(150):
        optimizer.zero_grad()
        lesson = teacher.draw_batch(draw, batch_size=64, all_classes=True)
        seen = torch.cat([photos[:32], photos[lesson.photos]])
        teacher.loss(model, PhotoFeatures(seen, seen), prompts, draw).backward()
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


def test_prompts_not_shown_in_a_step_still_count() -> None:
    """Some prompts through the text tower and the others as they were = all through it, while it has not changed."""
    run = StageRun.__new__(StageRun)
    run.prompts = torch.rand(10, 4)
    rows, features = torch.tensor([7, 2]), torch.rand(2, 4, requires_grad=True)
    whole = run.prompts_with(rows, features)
    assert whole[rows].equal(features)
    others = [row for row in range(10) if row not in (7, 2)]
    assert whole[others].equal(run.prompts[others])
    whole.sum().backward()
    assert features.grad is not None
    run.prompts = None
    assert run.prompts_with(rows, features) is features


def test_activations_computed_once_train_as_the_whole_tower_does(world: Path, towers: Towers, cache: Path) -> None:
    settings = recipe(towers, distillation=DISTILLED, stages=[stage(epochs=2, image="last-1")])
    cached, live = (
        run(settings, world, cache, tower=ColourTower(can_be_cut=can_be_cut).requires_grad_(False).eval())
        for can_be_cut in (True, False)
    )
    for one, other in zip(cached, live, strict=True):
        assert one.losses == pytest.approx(other.losses, rel=2e-3)  # activations are kept as float16
    frozen = run(recipe(towers, distillation=DISTILLED, stages=[stage(epochs=2)]), world, cache)
    assert cached[1].losses["pairs"] != pytest.approx(frozen[1].losses["pairs"], rel=1e-3)


def test_activations_go_through_mixed_precision_while_training_and_measuring(
    world: Path, towers: Towers, cache: Path
) -> None:
    def last(precision: str) -> EpochLog:
        settings = recipe(towers, distillation=DISTILLED, stages=[stage(epochs=2, image="last-1")])
        mixed = settings.model_copy(
            update={"optimizer": settings.optimizer.model_copy(update={"precision": precision})}
        )
        return run(mixed, world, cache)[-1]

    assert last("bf16").losses == pytest.approx(last("float32").losses, rel=5e-2)


def test_a_trained_tower_is_held_to_what_its_classifier_said(world: Path, towers: Towers, cache: Path) -> None:
    def drift(keep_weight: float) -> float:
        settings = recipe(
            towers,
            distillation={"weight": 1.0, "keep_weight": keep_weight},
            stages=[stage(epochs=6, image="last-1", image_learning_rate=1e-2)],
        )
        tower = ColourTower().requires_grad_(False).eval()
        run(settings, world, cache, tower=tower)
        with torch.no_grad():
            pixels = torch.rand(64, 3, 32, 32, generator=torch.Generator().manual_seed(0))
            said, before = (tower.top(one(pixels)).log_softmax(dim=1) for one in (tower, ColourTower()))
        return float(nn.functional.kl_div(said, before.exp(), reduction="batchmean"))

    assert drift(100.0) < 0.8 * drift(0.0)


def test_photos_without_captions_take_part(world: Path, towers: Towers, cache: Path) -> None:
    settings = recipe(towers, distillation={"weight": 1.0}, stages=[stage(epochs=1)])
    own = run(settings, world, cache)
    folder = cache.parent / "unlabeled"
    for number in range(20):
        save_photo(folder / f"{number}.png", "yellow", "square", "black", random.Random(number))
    others = run(settings, world, cache, unlabeled=sorted(folder.iterdir()))
    assert own[0].losses["distillation"] != pytest.approx(others[0].losses["distillation"], rel=1e-3)


def test_a_lesson_has_all_classes_or_some_and_always_the_everyday_words() -> None:
    settings = Distillation(classes_per_step=7)
    teacher = ClassifierTeacher(settings, nn.Linear(8, 1000), FrozenFeatures(torch.rand(4, 1, 8)), LogitScale())
    words = len(class_groups(1000)[0])
    whole = teacher.draw_batch(torch.Generator().manual_seed(0), batch_size=12, all_classes=True)
    assert whole.prompts.tolist() == list(range(len(teacher_prompts(settings)))) == list(range(1000 + words))
    some = teacher.draw_batch(torch.Generator().manual_seed(0), batch_size=12, all_classes=False)
    assert (len(some.prompts), len(some.photos)) == (7 + words, 6)
    assert len(set(some.prompts[:7].tolist())) == 7
    assert some.prompts[:7].max() < 1000 <= some.prompts[7:].min()
    other = teacher.draw_batch(torch.Generator().manual_seed(1), batch_size=12, all_classes=False)
    assert some.prompts.tolist() != other.prompts.tolist()


@pytest.mark.parametrize("classifier", [None, nn.Linear(8, 10)], ids=["none", "of ten classes"])
def test_a_tower_without_imagenets_classifier_cannot_teach(classifier: nn.Linear | None) -> None:
    with pytest.raises(ConfigError, match="a classifier of 1,000 ImageNet classes, such as efficientnet-lite2"):
        ClassifierTeacher(Distillation(), classifier, FrozenFeatures(torch.rand(4, 1, 8)), None)


@pytest.mark.thorough
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
