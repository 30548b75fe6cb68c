"""Build the dual encoder that a recipe describes."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import torch

from twinlens.errors import ConfigError, TrainingError
from twinlens.model.hub.published import published
from twinlens.model.preprocess import Preprocessing
from twinlens.training.importing.checkpoint import open_checkpoint
from twinlens.training.importing.two_towers import two_towers
from twinlens.training.parts.dual_encoder import ImageSide, TextSide, TwoTowers
from twinlens.training.parts.heads import build_head
from twinlens.training.parts.image_towers.load import load_image_tower
from twinlens.training.parts.pretrained import open_repository, pretrained_source
from twinlens.training.parts.text_towers.load import load_text_tower
from twinlens.training.parts.towers import ImageTower
from twinlens.training.recipe import Recipe, Text, models_with_checkpoint


def build_model(recipe: Recipe, *, captions: Sequence[str] = (), tokenizer_file: Path | None = None) -> TwoTowers:
    """Towers and heads of a recipe; the same recipe and captions give the same initial weights.

    With ``recipe.model`` they are those of the published model.

    Args:
        recipe: the run.
        captions: of the train split, for a text tower that builds its vocabulary.
        tokenizer_file: the vocabulary of an earlier run, instead of captions.

    Raises:
        ConfigError: the tower lacks an option, or max_tokens is too large for it.
        TrainingError: a backbone cannot be loaded.
    """
    if recipe.model:
        return _published(recipe, recipe.model, tokenizer_file)
    torch.manual_seed(recipe.seed)
    image = load_image_tower(recipe.image.tower, pooling=recipe.image.pooling)
    text = load_text_tower(
        recipe.text.tower,
        pooling=recipe.text.pooling,
        captions=captions,
        tokenizer_file=tokenizer_file,
        cleaning=recipe.text.cleaning,
        **recipe.text.options,
    )
    if text.max_positions is not None:
        _check_max_tokens(recipe.text.max_tokens, text.max_positions, recipe.text.tower)
    torch.manual_seed(recipe.seed)  # initial heads do not depend on how many random numbers the towers used
    sides = (recipe.image.head, image.features_dim), (recipe.text.head, text.features_dim)
    image_head, text_head = (build_head(head.kind, dim, recipe.embedding_dim, **head.options()) for head, dim in sides)
    return TwoTowers(
        ImageSide(image, image_head, preprocessing(recipe, image)),
        TextSide(text, text_head, max_tokens=recipe.text.max_tokens),
    )


def _published(recipe: Recipe, name: str, tokenizer_file: Path | None) -> TwoTowers:
    checkpoint = open_checkpoint(_folder(models_with_checkpoint().get(name, name)))
    dropout = (recipe.image.head.dropout, recipe.text.head.dropout)
    model = two_towers(checkpoint, tokenizer_file=tokenizer_file, dropout=dropout)
    if model.origin and name in published():  # its card need not be in the folder
        row = published()[name]
        model.origin = replace(model.origin, license=row.license, languages=row.languages)
    model.image.preprocessing = preprocessing(recipe, model.image.tower)
    if recipe.text.max_tokens != Text.model_fields["max_tokens"].default:
        _check_max_tokens(recipe.text.max_tokens, model.text.max_tokens, name)
        model.text.max_tokens = recipe.text.max_tokens
    return model


def _folder(source: str) -> Path:
    """The folder of a published model, downloaded if it is a hub name (with ``@REVISION`` if need be)."""
    folder = Path(source).expanduser()
    if folder.is_dir():
        return folder
    name, at, revision = source.partition("@")
    if pretrained_source(name, {}, {}) is None:
        raise TrainingError(f"there is no folder {source}; give one that save_pretrained wrote, or a hub name")
    return open_repository(name + at + revision).directory


def _check_max_tokens(wanted: int, most: int, name: str) -> None:
    if wanted > most:
        raise ConfigError(f"text.max_tokens is {wanted}, but {name} takes at most {most} tokens; lower it")


def preprocessing(recipe: Recipe, tower: ImageTower) -> Preprocessing:
    """How photos become pixels in this run: the tower's default with the recipe's changes."""
    asked = recipe.image.model_dump(include={"image_size", "resize_mode", "crop_fraction"}, exclude_none=True)
    changed = tower.preprocessing().model_copy(update=asked)
    if "image_size" in asked:
        _check_image_size(tower, changed.image_size, recipe.model or recipe.image.tower)
    return changed


def _check_image_size(tower: ImageTower, image_size: int, name: str) -> None:
    try:
        with torch.no_grad():
            tower(torch.zeros(1, 3, image_size, image_size))
    except (ValueError, RuntimeError) as error:
        raise ConfigError(
            f"image.image_size is {image_size}, but {name} does not support it ({error}); its default is "
            f"{tower.preprocessing().image_size}"
        ) from error
