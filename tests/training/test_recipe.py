"""Recipes: every fault at once, each with its key; parts that contradict each other."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from twinlens.errors import ConfigError
from twinlens.training.recipe import Recipe, load_recipe

STAGE = "[[stages]]\nepochs = 1\nlearning_rate = 1e-3\n"


@pytest.fixture
def faults(tmp_path: Path) -> Any:
    """The message about a recipe that is not valid."""

    def read(text: str, *changes: str) -> str:
        path = tmp_path / "mine.toml"
        path.write_text(text, encoding="utf-8")
        with pytest.raises(ConfigError) as error:
            load_recipe(path, changes=changes)
        return str(error.value)

    return read


def test_five_mistakes_are_all_told_with_near_spellings(faults: Any) -> None:
    message = faults(
        f"""
        name = "mine"
        sead = 7
        [image]
        tower = "resnet18"
        [loss]
        name = "infonse"
        [optimizer]
        batchsize = 64
        [trainer]
        measure = "R@2"
        {STAGE}
        """
    )
    assert "mine.toml has 5 faults" in message
    assert "sead: unknown key; did you mean 'seed'?" in message
    assert "image.tower: no image tower is called 'resnet18'; known: " in message
    assert "did you mean 'resnet-18'?" in message
    assert "loss.name: no loss is called 'infonse'; known: infonce" in message
    assert "did you mean 'infonce'?" in message
    assert "optimizer.batchsize: unknown key; did you mean 'batch_size'?" in message
    assert "trainer.measure: no measure is called 'R@2'; known: MRR, R@1" in message


def test_an_alias_of_a_loss_is_resolved_and_takes_its_options(faults: Any) -> None:
    stages = ({"epochs": 1, "learning_rate": 1e-3},)
    choice = {"name": "clip", "options": {"initial_temperature": 0.1}}
    assert Recipe.model_validate({"name": "mine", "loss": choice, "stages": stages}).loss.name == "infonce"
    message = faults(f'name = "mine"\nloss = {{ name = "clip", options = {{ margin = 0.2 }} }}\n{STAGE}')
    assert "loss.options: no option 'margin'; it has initial_temperature" in message


def test_contradictions_are_told_beside_other_faults(faults: Any) -> None:
    message = faults(
        f"""
        name = "no spaces, please"
        [data]
        captions = "all"
        [text]
        tower = "lstm"
        drop_words = 0.1
        [image]
        augmentation = {{ flip = 0.5 }}
        [hard_negatives]
        [distillation]
        {STAGE}
        [[stages]]
        epochs = 2
        learning_rate = 1e-3
        warmup_epochs = 3
        image = "last-2"
        text = "all"
        """
    )
    assert "has 6 faults" in message
    assert "name: String should match pattern" in message
    assert "hard_negatives: needs data.captions = 'one' or 'mean', not 'all'" in message
    assert "stages.0.text: a lstm from scratch must be trained; use 'all'" in message
    assert "stages.0.text: text.drop_words has no effect on a frozen tower" in message
    assert "stages.0.image: augmentation of a frozen tower needs image.augmentation.views" in message
    assert "stages.1.warmup_epochs: more than the stage's 2 epochs" in message
    assert "got" not in message.replace("got 'no spaces, please'", "")


def test_options_of_a_loss_are_checked_by_the_loss(faults: Any) -> None:
    text = f'name = "mine"\n{STAGE}'
    message = faults(text, "loss.options={temprature = 0.1, smoothing = 0.1}")
    assert "has 2 faults" in message
    assert "loss.options: no option 'temprature'; it has initial_temperature, " in message
    assert "loss.options: the temperature must be positive, got -1" in faults(
        text, "loss.options={initial_temperature = -1}"
    )
    assert "loss.options: a value of the wrong type" in faults(text, 'loss.options={initial_temperature = "low"}')


def test_what_a_published_model_brings_itself_is_told_with_all_other_faults(faults: Any) -> None:
    message = faults(
        f"""
        name = "mine"
        model = "clip-b32"
        embedding_dim = 256
        [image]
        tower = "resnet-18"
        head = {{ kind = "mlp", dropout = 0.1 }}
        [text]
        pooling = "cls"
        head = {{ dropout = 0.1 }}
        {STAGE}
        heads = "none"
        layer_decay = 1.5
        """
    )
    assert "has 5 faults" in message
    for key in ("image.tower", "image.head", "text.pooling", "embedding_dim"):
        assert f"model: brings its own {key}; remove one of them" in message
    assert "text.head" not in message
    assert "stages.0.layer_decay: Input should be less than or equal to 1" in message


def test_a_number_without_end_is_told(faults: Any) -> None:
    message = faults('name = "mine"\n' + STAGE, "stages.0.learning_rate=inf", "stages.0.lora_alpha=inf")
    assert "stages.0.learning_rate: Input should be a finite number" in message
    assert "stages.0.lora_alpha: Input should be a finite number" in message


def test_a_stage_that_trains_nothing_is_told(faults: Any) -> None:
    message = faults(f'name = "mine"\n{STAGE}heads = "none"')
    assert "stages.0.heads: nothing is trained; use 'both', or train a tower" in message


def test_a_misspelt_model_and_a_curve_without_a_model_are_told(faults: Any) -> None:
    message = faults(f'name = "mine"\nmodel = "clip-b23"\n{STAGE}')
    assert "model: no published model is called 'clip-b23'; known: clip-b16, clip-b32, " in message
    assert "or give a folder or a hub name such as 'owner/name'; did you mean 'clip-b32'?" in message
    message = faults(f'name = "mine"\n{STAGE}[wise_ft]\nalphas = [0.0, 1.5]')
    assert "wise_ft.alphas.1: Input should be less than or equal to 1" in message
    message = faults(f'name = "mine"\nmodel = "clip-b32"\n{STAGE}[distillation]\n')
    assert "distillation: needs an image tower with a classifier" in message
    message = faults(f'name = "mine"\n{STAGE}[wise_ft]\n')
    assert "wise_ft: interpolates between a published model and the trained one; needs 'model'" in message


@pytest.mark.parametrize("name", ["clip-b32", "laion/CLIP-ViT-B-32-laion2B-s34B-b79K", "owner/name@refs/pr/15"])
def test_a_model_may_be_of_the_table_or_a_hub(name: str) -> None:
    fields = {"name": "mine", "model": name, "stages": [{"epochs": 1, "learning_rate": 1e-3}]}
    recipe = Recipe.model_validate(fields)
    assert Recipe.model_validate_json(recipe.model_dump_json()) == recipe


def test_a_long_value_does_not_hide_the_fault(faults: Any) -> None:
    message = faults(f'name = "mine"\n{STAGE}', f"optimizer.batch_size={list(range(500))}")
    assert "optimizer.batch_size: Input should be a valid integer, got [0, 1, 2" in message
    assert len(message) < 300


@pytest.mark.parametrize(
    "change",
    [
        "stages.0.image=last-0",
        "stages.0.image=lorra",
        "stages.0.text=last",
        "stages.0.epochs=0",
        "stages.0.learning_rate=0",
        "data.ratios=80/30",
        'text.cleaning=["loud"]',
        "text.max_tokens=1",
        "trainer.device=tpu",
        "optimizer.precision=fp8",
        "optimizer.ema_decay=1.0",
        "stages=[]",
    ],
)
def test_values_that_make_no_sense_are_faults_of_their_key(change: str, faults: Any) -> None:
    message = faults(f'name = "mine"\n{STAGE}', change)
    assert "has 1 fault: " in message
    assert f"{change.partition('=')[0]}: " in message


def test_a_recipe_goes_through_json_and_back_and_cannot_be_changed() -> None:
    recipe = Recipe.model_validate(
        {"name": "mine", "text": {"cleaning": ["lower"]}, "stages": [{"epochs": 3, "learning_rate": 1e-3}] * 2}
    )
    assert Recipe.model_validate_json(recipe.model_dump_json()) == recipe
    assert recipe.epochs == 6
    with pytest.raises(ValidationError, match="frozen"):
        recipe.seed = 4  # type: ignore[misc]


@pytest.mark.parametrize("name", ["facebook/dinov2-small", "timm:resnet18", "efficientnet-lite0", "resnet-50"])
def test_towers_may_be_of_a_table_an_alias_a_hub_or_timm(name: str) -> None:
    fields = {"name": "mine", "image": {"tower": name}, "stages": [{"epochs": 1, "learning_rate": 1e-3}]}
    assert Recipe.model_validate(fields).image.tower == name
