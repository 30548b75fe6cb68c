"""Settings and recipes: where a user's data lies; one TOML file = one training run, checked whole."""

import os
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any, TypeVar, get_args

from platformdirs import user_data_path
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from twinlens.errors import ConfigError
from twinlens.plugins import did_you_mean

Schema = TypeVar("Schema", bound=BaseModel)


def data_folder() -> Path:
    """Where twinlens keeps what cannot lie beside the photos; ``TWINLENS_HOME`` moves it."""
    home = os.environ.get("TWINLENS_HOME")
    return Path(home).expanduser() if home else user_data_path("twinlens", appauthor=False)


class Section(BaseModel):
    """A table of a recipe: unknown keys are faults, values never change after reading."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Towers(Section):
    """Backbones by name, see ``training.image_towers`` and ``training.text_towers``."""

    image: str = "efficientnet-lite2"
    text: str = "minilm-l6"
    max_tokens: int = Field(default=128, ge=4, le=512)


class Heads(Section):
    """Linear projection heads on frozen features."""

    embedding_dim: int = Field(default=512, ge=2)
    dropout: float = Field(default=0.0, ge=0.0, lt=1.0)


class Distillation(Section):
    """The image backbone's own classifier as a teacher; weight 0 turns it off.

    ``groups_weight`` is the share of the everyday words above the classes ("cat" for a
    tabby) in the distillation, beside the classes' own 1.
    """

    weight: float = Field(default=0.3, ge=0.0)
    groups_weight: float = Field(default=0.0, ge=0.0)
    prompt: str = "a photo of a {}"
    push: tuple[float, float] = (0.0, 2.0)


class Optimizer(Section):
    """AdamW with linear warm-up and cosine decay."""

    learning_rate: float = Field(default=1e-3, gt=0.0)
    weight_decay: float = Field(default=0.0, ge=0.0)
    batch_size: int = Field(default=1024, ge=2)
    epochs: int = Field(default=60, ge=1)
    warmup_epochs: int = Field(default=2, ge=0)


class Inference(Section):
    """How the exported model looks at people's photos, which are not squares."""

    resize_mode: str = Field(default="squash", pattern="^(squash|crop)$")
    crop_fraction: float = Field(default=1.0, gt=0.0, le=1.0)


class HeadsRecipe(Section):
    """Two linear heads on frozen towers, trained on cached features."""

    name: str
    seed: int = 0
    towers: Towers = Towers()
    heads: Heads = Heads()
    distillation: Distillation = Distillation()
    optimizer: Optimizer = Optimizer()
    inference: Inference = Inference()


def read_recipe(path: Path, schema: type[Schema], *, changes: Iterable[str] = ()) -> Schema:
    """Reads a TOML recipe and checks it whole.

    Args:
        path: the recipe.
        schema: what it must hold.
        changes: single values as ``optimizer.epochs=3``, TOML on the right side.

    Raises:
        ConfigError: every fault with its key, and a near spelling where one exists.
    """
    try:
        fields = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ConfigError(f"no recipe at {path}") from error
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path} is not readable TOML: {error}") from error
    for change in changes:
        _apply(fields, change)
    try:
        return schema.model_validate(fields)
    except ValidationError as error:
        faults = [_fault(fault, schema) for fault in error.errors()]
        noun = "fault" if len(faults) == 1 else "faults"
        raise ConfigError(f"{path} has {len(faults)} {noun}: " + "; ".join(faults)) from error


def _apply(fields: dict[str, Any], change: str) -> None:
    key, equals, value = change.partition("=")
    if not equals or not key.strip():
        raise ConfigError(f"a change must look like section.key=value, got {change!r}")
    *tables, last = key.strip().split(".")
    for table in tables:
        fields = fields.setdefault(table, {})
        if not isinstance(fields, dict):
            raise ConfigError(f"{change!r}: {table!r} is a value, not a section")
    try:
        fields[last] = tomllib.loads(f"value = {value}")["value"]
    except tomllib.TOMLDecodeError:
        fields[last] = value.strip()  # a bare word is text


def _fault(fault: Any, schema: type[BaseModel]) -> str:
    key = ".".join(map(str, fault["loc"]))
    if fault["type"] == "missing":
        return f"{key}: {fault['msg']}"
    if fault["type"] != "extra_forbidden":
        return f"{key}: {fault['msg']}, got {fault['input']!r}"
    section = schema
    for part in fault["loc"][:-1]:
        if part in section.model_fields:  # or the number of a section in a list
            section = _section(section.model_fields[part].annotation) or section
    return f"{key}: unknown key{did_you_mean(str(fault['loc'][-1]), section.model_fields)}"


def _section(annotation: Any) -> type[BaseModel] | None:
    """The section in ``Section``, ``Section | None`` or ``list[Section]``."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((section for part in get_args(annotation) if (section := _section(part))), None)
