"""Load a text tower by name."""

import inspect
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from twinlens.errors import ConfigError
from twinlens.plugins import did_you_mean
from twinlens.training.parts.pretrained import load_tower_part, pretrained_source
from twinlens.training.parts.text_towers import TEXT_ALIASES, TEXT_TOWERS
from twinlens.training.parts.towers import TextTower


def load_text_tower(
    name: str,
    *,
    pooling: str | None = None,
    captions: Sequence[str] = (),
    tokenizer_file: Path | None = None,
    cleaning: Sequence[str] | None = None,
    **options: Any,
) -> TextTower:
    """A text tower: pretrained ones in eval mode and frozen, new ones ready for training.

    Args:
        name: a name of the table or of another package (entry point ``twinlens.text_tower``),
            an alias such as "bert-base", a directory that transformers can load, or a hub name
            such as "sentence-transformers/all-MiniLM-L12-v2".
        pooling: "pooled", "cls" or "mean" for pretrained towers; None = the tower's default.
        captions: of the training split, for towers that build their vocabulary from them.
        tokenizer_file: a ``tokenizer.json`` to use instead of captions and cleaning.
        cleaning: names in ``CLEANING``; None = the tower's default (none for pretrained
            towers, all steps for a vocabulary built from captions).
        options: of the tower, such as ``hidden=256``.

    Raises:
        UnknownPartError: the name is none of these.
        ConfigError: the tower has no such option.
        TrainingError: the backbone cannot be loaded, or does not support the pooling.
    """
    given: dict[str, Any] = {"captions": captions, "tokenizer_file": tokenizer_file, "cleaning": cleaning, **options}
    if pooling is not None:
        given["pooling"] = pooling
    if source := pretrained_source(name, TEXT_TOWERS, TEXT_ALIASES):
        from twinlens.training.parts.text_towers.pretrained_text import load_pretrained_text

        _check_options(name, load_pretrained_text, given)
        return load_pretrained_text(source, **given)
    loader = load_tower_part("text_tower", TEXT_TOWERS, TEXT_ALIASES, name)
    _check_options(name, loader, given)
    tower: TextTower = loader(**given)
    return tower


def _check_options(name: str, loader: Callable[..., Any], given: dict[str, Any]) -> None:
    parameters = inspect.signature(loader).parameters
    if any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters.values()):
        return
    options = [name for name, parameter in parameters.items() if parameter.kind is parameter.KEYWORD_ONLY]
    if unknown := [option for option in given if option not in options]:
        known = sorted({*options} - {"captions", "tokenizer_file", "cleaning"})
        raise ConfigError(
            f"text tower {name!r} has no option {', '.join(map(repr, unknown))}; it has "
            f"{', '.join(known) or 'none'}{did_you_mean(unknown[0], known)}"
        )
