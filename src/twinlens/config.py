"""Location of user data; parsing and validation of TOML recipes."""

import os
import tomllib
from collections.abc import Iterable, Sequence
from pathlib import Path
from textwrap import shorten
from typing import Any, TypeVar, get_args

from platformdirs import user_data_path
from pydantic import BaseModel, ConfigDict, ValidationError

from twinlens.errors import ConfigError
from twinlens.plugins import did_you_mean

Schema = TypeVar("Schema", bound=BaseModel)
INPUT_LENGTH = 80  # of an invalid value in a message: a whole section would hide the error


def data_folder() -> Path:
    """The user's data folder, for files that cannot be next to the photos; ``TWINLENS_HOME`` overrides it."""
    home = os.environ.get("TWINLENS_HOME")
    return Path(home).expanduser() if home else user_data_path("twinlens", appauthor=False)


class Section(BaseModel):
    """A table of a recipe; unknown keys are errors, and values are immutable."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


def read_recipe(path: Path, schema: type[Schema], *, changes: Iterable[str] = ()) -> Schema:
    """Reads a TOML recipe and validates all of it.

    Args:
        path: the recipe.
        schema: the schema of the recipe.
        changes: single values such as ``optimizer.epochs=3``, with TOML on the right side.

    Raises:
        ConfigError: lists every error with its key, and the closest valid spelling if there is one.
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
        faults = [text for fault in error.errors() for text in _faults(fault, schema)]
        noun = "fault" if len(faults) == 1 else "faults"
        raise ConfigError(f"{path} has {len(faults)} {noun}: " + "; ".join(faults)) from error


def _apply(fields: dict[str, Any], change: str) -> None:
    key, equals, value = change.partition("=")
    if not equals or not key.strip():
        raise ConfigError(f"a change must look like section.key=value, got {change!r}")
    *tables, last = key.strip().split(".")
    place: Any = fields
    for table in tables:
        place = _inside(place, table, change)
    try:
        new = tomllib.loads(f"value = {value}")["value"]
    except tomllib.TOMLDecodeError:
        new = value.strip()  # a word without quotes is a string
    if isinstance(place, list):
        place[_number(place, last, change)] = new
    else:
        place[last] = new


def _inside(place: Any, table: str, change: str) -> Any:
    """The section of that name, created if missing, or the list item of that number."""
    inside = place[_number(place, table, change)] if isinstance(place, list) else place.setdefault(table, {})
    if not isinstance(inside, dict | list):
        raise ConfigError(f"{change!r}: {table!r} is a value, not a section")
    return inside


def _number(place: list[Any], text: str, change: str) -> int:
    if not text.isdecimal() or int(text) >= len(place):
        raise ConfigError(f"{change!r}: expected a number from 0 to {len(place) - 1}, got {text!r}")
    return int(text)


def _faults(fault: Any, schema: type[BaseModel]) -> list[str]:
    """Error messages for a key; our own validators may report several, also for keys below it."""
    key = ".".join(map(str, fault["loc"]))
    if fault["type"] == "value_error":
        texts = map(str, fault["ctx"]["error"].args)
        return [text if text.startswith(f"{key}.") else f"{key}: {text}" for text in texts]
    if fault["type"] == "extra_forbidden":
        return [f"{key}: unknown key{_near_key(fault['loc'], schema)}"]
    if fault["type"] == "missing":
        return [f"{key}: {fault['msg']}"]
    return [f"{key}: {fault['msg']}, got {shorten(repr(fault['input']), INPUT_LENGTH, placeholder=' …')}"]


def _near_key(place: Sequence[Any], schema: type[BaseModel]) -> str:
    section = schema
    for part in place[:-1]:
        if part in section.model_fields:  # otherwise the number of a section in a list
            section = _section(section.model_fields[part].annotation) or section
    return did_you_mean(str(place[-1]), section.model_fields)


def _section(annotation: Any) -> type[BaseModel] | None:
    """The section type in ``Section``, ``Section | None`` or ``list[Section]``."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((section for part in get_args(annotation) if (section := _section(part))), None)
