"""A tower's name: table, alias, directory, hub, or a near spelling of one."""

import importlib
import subprocess
import sys
from pathlib import Path

import pytest

from twinlens.errors import ConfigError, TrainingError, UnknownPartError
from twinlens.training.parts.image_towers import IMAGE_ALIASES, IMAGE_TOWERS
from twinlens.training.parts.image_towers.load import load_image_tower
from twinlens.training.parts.pretrained import pretrained_source
from twinlens.training.parts.text_towers import CLEANING, TEXT_ALIASES, TEXT_TOWERS
from twinlens.training.parts.text_towers.load import load_text_tower


@pytest.mark.parametrize("target", [*IMAGE_TOWERS.values(), *TEXT_TOWERS.values(), *CLEANING.values()])
def test_each_entry_of_the_tables_exists(target: str) -> None:
    module, _, attribute = target.partition(":")
    assert callable(getattr(importlib.import_module(module), attribute))


def test_no_alias_hides_a_tower_and_each_is_a_hub_name() -> None:
    for table, aliases in ((IMAGE_TOWERS, IMAGE_ALIASES), (TEXT_TOWERS, TEXT_ALIASES)):
        assert not {*table} & {*aliases}
        assert all(name.count("/") == 1 for name in aliases.values())


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("efficientnet-lite2", None),
        ("efficientnet-b0", "google/efficientnet-b0"),
        ("vit-b-16", "google/vit-base-patch16-224"),
        ("somebody/model", "somebody/model"),
        ("timm:resnet18", None),
        ("timm:hf-hub:timm/resnet18", None),
        ("word", None),
    ],
)
def test_a_name_stands_for_one_source(name: str, source: str | None) -> None:
    assert pretrained_source(name, IMAGE_TOWERS, IMAGE_ALIASES) == source


def test_a_directory_is_a_source_unless_it_has_a_towers_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("mine", "lstm", "bert-base"):
        (tmp_path / name).mkdir()
    assert pretrained_source("mine", TEXT_TOWERS, TEXT_ALIASES) == "mine"
    assert pretrained_source("lstm", TEXT_TOWERS, TEXT_ALIASES) is None
    assert pretrained_source("./lstm", TEXT_TOWERS, TEXT_ALIASES) == "lstm"
    assert pretrained_source("bert-base", TEXT_TOWERS, TEXT_ALIASES) == "google-bert/bert-base-uncased"


@pytest.mark.parametrize("name", ["./gone", "/gone/model", "~/gone", "models/gone/vit"])
def test_a_path_that_is_no_directory_is_said_to_be_none(name: str) -> None:
    with pytest.raises(TrainingError, match="there is no directory"):
        load_image_tower(name)


@pytest.mark.parametrize(
    ("name", "near"),
    [("resnet-81", "resnet-18"), ("efficientnet-lite9", "efficientnet-lite2"), ("dinov2-smal", "dinov2-small")],
)
def test_a_near_spelling_is_offered_of_aliases_too(name: str, near: str) -> None:
    with pytest.raises(UnknownPartError, match=f"did you mean '{near[:-1]}.'.*a directory or a hub name"):
        load_image_tower(name)


def test_text_names_are_offered_too() -> None:
    with pytest.raises(UnknownPartError, match="did you mean 'bert-base'"):
        load_text_tower("bert-bse")


def test_an_option_that_a_tower_does_not_have_is_named_with_a_near_one() -> None:
    with pytest.raises(ConfigError, match=r"'lstm' has no option 'hiden'; .*did you mean 'hidden'\?"):
        load_text_tower("lstm", captions=["a dog"], hiden=3)
    with pytest.raises(ConfigError, match="'transformer' has no option 'pooling'"):
        load_text_tower("transformer", captions=["a dog"], pooling="mean")
    with pytest.raises(ConfigError, match="'bert-base' has no option 'hidden'; it has pooling"):
        load_text_tower("bert-base", hidden=3)


def test_an_empty_folder_is_no_backbone(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="the folder needs the files that save_pretrained writes"):
        load_image_tower(str(tmp_path))


@pytest.mark.slow
def test_the_tables_and_loaders_are_cheap_to_import() -> None:
    script = (
        "import sys, twinlens.training.parts.image_towers.load, twinlens.training.parts.text_towers.load as load;"
        "print([name for name in ('transformers', 'timm', 'huggingface_hub') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
