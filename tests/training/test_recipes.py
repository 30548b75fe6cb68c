"""The recipes and the page about them: they read, name their document, and hold what it states."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from pydantic_core import PydanticUndefined

from twinlens.config import Section
from twinlens.training import recipe as schema
from twinlens.training.parts.heads import build_head
from twinlens.training.parts.image_towers import IMAGE_TOWERS
from twinlens.training.parts.text_towers import TEXT_TOWERS
from twinlens.training.parts.text_towers.load import load_text_tower
from twinlens.training.recipe import Recipe, load_recipe, models_with_checkpoint

ROOT = Path(__file__).parents[2]
FILES = sorted((ROOT / "recipes").glob("*.toml"))
PAGE = (ROOT / "docs" / "training.md").read_text(encoding="utf-8")
DOCUMENTS = (
    "specs/000_a8d884ccdc1e5279.txt",
    "specs/001_2793d67162b182c5.txt",
    "specs/002_c35426d73f746617.txt",
    "specs/003_237c0b1cd891b408.txt",
    "specs/004_f8d00cfb02bb6b4f.txt",
)
HUBFREE = "-hubfree"
ANSWERED = [file.stem for file in FILES if file.stem[0].isdigit() and not file.stem.endswith(HUBFREE)]

# what the documents say, copied by hand
STATED: dict[str, dict[str, Any]] = {
    "000-nt-xent": {
        "embedding_dim": 256,
        "data.ratios": "80/10/10",
        "data.captions": "one",
        "data.image_cache": "memory",
        "image.image_size": 224,
        "image.resize_mode": "squash-crop",
        "image.head.kind": "linear",
        "text.head.kind": "linear",
        "loss.name": "nt-xent",
        "loss.options.temperature": 0.1,
        "stages.0.epochs": 20,
        "stages.0.learning_rate": 0.01,
        "stages.0.image": "frozen",
        "stages.0.text": "frozen",
        "stages.1.epochs": 10,
        "stages.1.learning_rate": 0.001,
        "stages.1.image": "frozen",
        "stages.2.epochs": 20,
        "stages.2.learning_rate": 0.00001,
        "stages.2.image": "all",
        "stages.2.text": "all",
        "stages.3.epochs": 20,
    },
    "001-clip": {
        "embedding_dim": 1024,
        "data.captions": "all",
        "image.head.kind": "linear",
        "text.pooling": "mean",
        "text.head.kind": "linear",
        "loss.name": "infonce",
        "optimizer.batch_size": 64,
        "stages.0.epochs": 10,
        "stages.0.learning_rate": 1e-4,
        "stages.0.image_learning_rate": 5e-6,
        "stages.0.text_learning_rate": 5e-6,
        "stages.0.image": "all",
        "stages.0.text": "all",
    },
    "002-cosine": {"stages.0.image": "frozen", "stages.0.text": "frozen"},
    "003-bag-of-words": {"text.tower": "bag-of-words"},
    "003-lstm": {
        "text.tower": "lstm",
        "text.options.layers": 2,
        "text.options.hidden": 256,
        "text.options.word_dim": 128,
    },
    "003-transformer": {
        "text.tower": "transformer",
        "text.options.layers": 2,
        "text.options.heads": 4,
    },
    "004-clip": {"loss.name": "infonce", "loss.options.learnable": True, "loss.options.initial_temperature": 0.07},
    "004-triplet": {"loss.name": "triplet"},
    "004-infonce": {"loss.name": "infonce", "loss.options.initial_temperature": 0.07},
}
STATED_BY_003 = {
    "embedding_dim": 256,
    "data.ratios": "70/15/15",
    "image.image_size": 224,
    "image.head.kind": "mlp",
    "image.head.batch_norm": True,
    "image.head.dropout": 0.2,
    "text.max_tokens": 32,
    "text.options.max_words": 5000,
    "text.options.dropout": 0.2,
    "loss.name": "infonce",
    "loss.options.initial_temperature": 0.07,
    "loss.options.learnable": True,
    "optimizer.batch_size": 32,
    "optimizer.weight_decay": 1e-4,
    "optimizer.max_grad_norm": 1.0,
    "trainer.patience": 10,
    "stages.0.epochs": 50,
    "stages.0.learning_rate": 3e-4,
    "stages.0.schedule": "cosine",
    "stages.0.warmup_epochs": 5,
}
STATED_BY_004 = {
    "embedding_dim": 512,
    "data.ratios": "80/20",
    "image.head.hidden": [512],
    "image.head.batch_norm": True,
    "image.head.dropout": 0.1,
    "text.head.hidden": [512],
    "text.head.batch_norm": True,
    "text.head.dropout": 0.1,
    "optimizer.batch_size": 128,
    "optimizer.weight_decay": 1e-4,
    "trainer.patience": 10,
    "stages.0.epochs": 50,
    "stages.0.learning_rate": 1e-4,
    "stages.0.schedule": "cosine",
    "stages.0.image": "frozen",
    "stages.0.text": "frozen",
}
TOWERS = {
    "000-nt-xent": ("efficientnet-b0", "bert-base"),
    "001-clip": ("efficientnet-b0", "minilm-l12"),
    "002-cosine": ("resnet-50", "bert-base"),
    "003-bag-of-words": ("resnet-18", "bag-of-words"),
    "003-lstm": ("resnet-18", "lstm"),
    "003-transformer": ("resnet-18", "transformer"),
    "004-clip": ("vit-b-16", "minilm-l6-hub"),
    "004-triplet": ("vit-b-16", "minilm-l6-hub"),
    "004-infonce": ("vit-b-16", "minilm-l6-hub"),
}
# what the backbone decides, and what two cores can bear
MAY_DIFFER = {"name", "description", "image.tower", "text.tower", "text.pooling", "optimizer.chunk_size"}
MAY_DIFFER_IN_003 = {"stages.0.image", "image.augmentation.views"}


def recipe(name: str) -> Recipe:
    return load_recipe(ROOT / "recipes" / f"{name}.toml")


def flat(value: Any, key: str = "") -> dict[str, Any]:
    """Dotted key → value; lists of sections are numbered, lists of values are values."""
    if isinstance(value, Mapping):
        parts: Any = value.items()
    elif isinstance(value, list) and any(isinstance(part, Mapping) for part in value):
        parts = enumerate(value)
    else:
        return {key: value}
    return {name: leaf for part, below in parts for name, leaf in flat(below, f"{key}.{part}".lstrip(".")).items()}


def values(name: str) -> dict[str, Any]:
    return flat(recipe(name).model_dump(mode="json"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_recipe_reads_and_is_named_as_its_file(file: Path) -> None:
    assert load_recipe(file).name == file.stem


@pytest.mark.parametrize("file", [file for file in FILES if file.stem[0].isdigit()], ids=lambda file: file.stem)
def test_recipe_names_the_document_of_its_number(file: Path) -> None:
    assert load_recipe(file).document == DOCUMENTS[int(file.stem[:3])]


def test_each_document_has_its_recipes_with_and_without_a_hub() -> None:
    assert sorted(ANSWERED) == sorted(TOWERS)
    assert all((ROOT / "recipes" / f"{name}{HUBFREE}.toml").is_file() for name in ANSWERED)
    assert {name[:3] for name in ANSWERED} == {document[6:9] for document in DOCUMENTS}


@pytest.mark.parametrize("name", ANSWERED)
def test_recipe_has_the_backbones_of_its_document(name: str) -> None:
    found = recipe(name)
    assert (found.image.tower, found.text.tower) == TOWERS[name]


@pytest.mark.parametrize("name", [*(name + HUBFREE for name in ANSWERED), "default", "finetune", "heads"])
def test_recipe_that_needs_no_hub_has_towers_from_packages_alone(name: str) -> None:
    found = recipe(name)
    assert found.image.tower in IMAGE_TOWERS
    assert found.text.tower in TEXT_TOWERS


@pytest.mark.parametrize("name", ANSWERED)
def test_pair_differs_in_its_backbones_alone(name: str) -> None:
    with_hub, without = values(name), values(name + HUBFREE)
    differing = {key for key in {*with_hub, *without} if with_hub.get(key) != without.get(key)}
    assert differing <= MAY_DIFFER | (MAY_DIFFER_IN_003 if name.startswith("003") else set())


@pytest.mark.parametrize("name", ANSWERED)
def test_recipe_holds_what_its_document_states(name: str) -> None:
    stated = STATED[name] | {"003": STATED_BY_003, "004": STATED_BY_004}.get(name[:3], {})
    found = values(name)
    assert {key: found.get(key) for key in stated} == stated


def test_000_resizes_to_256_before_it_crops_to_224() -> None:
    image = recipe("000-nt-xent").image
    assert image.image_size is not None
    assert image.crop_fraction is not None
    assert round(image.image_size / image.crop_fraction) == 256


def test_heads_of_004_have_as_many_parameters_as_the_document_counts() -> None:
    found = recipe("004-clip")
    sides = (found.image.head, 768), (found.text.head, 384)
    heads = [build_head(head.kind, features, found.embedding_dim, **head.options()) for head, features in sides]
    count = sum(parameter.numel() for head in heads for parameter in head.parameters())
    assert round(count / 1e6, 2) == 1.12


@pytest.mark.parametrize(("name", "features"), [("003-lstm", 2 * 256), ("003-transformer", 256)])
def test_text_towers_of_003_take_their_options_and_read_all_tokens(name: str, features: int) -> None:
    text = recipe(name).text
    tower = load_text_tower(text.tower, captions=["a dog by the sea"], cleaning=text.cleaning, **text.options)
    assert tower.features_dim == features
    assert tower.max_positions is None or tower.max_positions >= text.max_tokens


def test_best_epoch_of_000_is_the_last_of_its_third_stage() -> None:
    assert sum(stage.epochs for stage in recipe("000-nt-xent").stages[:3]) == 50


def schema_keys(section: type[Section], key: str = "") -> Iterator[tuple[str, Any]]:
    """Dotted key and default of all that a recipe can hold; PydanticUndefined where it must."""
    sections = {
        name: kind for name, kind in vars(schema).items() if isinstance(kind, type) and issubclass(kind, Section)
    }
    for name, about in section.model_fields.items():
        named = re.findall(r"\w+", str(about.annotation))
        below = next((sections[word] for word in named if word in sections), None)
        if below is None:
            yield f"{key}{name}", about.get_default(call_default_factory=True)
        else:
            yield from schema_keys(below, f"{key}{name}.")


def told_keys() -> dict[str, str]:
    """Key → its default as the page's table has it."""
    table = PAGE.split("| key | default |", 1)[1].split("\n\n", 1)[0]
    rows = re.findall(r"^\| (`[^|]+) \| ([^|]+) \|", table, flags=re.MULTILINE)
    return {key: default.strip() for cell, default in rows for key in re.findall(r"`([\w.]+)`", cell)}


def test_page_tells_each_key_of_a_recipe_with_its_default() -> None:
    told, known = told_keys(), dict(schema_keys(Recipe))
    assert sorted(told) == sorted(known)
    for key, default in known.items():
        if default is PydanticUndefined:
            assert told[key] == "required", key
        elif default is None:
            assert told[key] == "–", key
        else:
            plain = list(default) if isinstance(default, tuple) else default
            assert tomllib.loads(f"value = {told[key].strip('`')}")["value"] == plain, key


@pytest.mark.parametrize(("name", "loss"), [("clip-b32", "infonce"), ("siglip-b16", "sigmoid")])
def test_recipe_of_a_published_model_trains_both_towers_with_its_own_loss(name: str, loss: str) -> None:
    found = recipe(name)
    assert found.model in models_with_checkpoint()
    assert (found.loss.name, found.loss.options) == (loss, {})
    assert [(stage.image, stage.text, stage.heads) for stage in found.stages] == [("all", "all", "both")]
    assert found.wise_ft is not None


def test_page_names_each_recipe() -> None:
    assert [file.stem for file in FILES if f"`{file.stem.removesuffix(HUBFREE)}`" not in PAGE] == []
