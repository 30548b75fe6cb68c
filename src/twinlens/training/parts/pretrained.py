"""Load pretrained backbones from a directory or a model hub, with one-line errors."""

import inspect
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Literal

from torch import nn

from twinlens.errors import TrainingError, TwinlensError, UnknownPartError
from twinlens.plugins import load_part

PAIR_FAMILIES = ("clip", "siglip")  # models of images and texts, either part of which can be a tower
REASON_LENGTH = 240  # characters; the libraries' messages are long, and begin with the cause

_SMALL_FILES = ("*.json", "*.txt", "*.model", "README.md")  # configurations, vocabularies, sentencepiece, licence
_SAFE_WEIGHTS = "model*.safetensors"
_OPEN_CLIP_WEIGHTS = "open_clip_model.safetensors"
_OLD_WEIGHTS = "pytorch_model*.bin"


def pretrained_source(name: str, table: Mapping[str, str], aliases: Mapping[str, str]) -> str | None:
    """The directory or hub name of a pretrained tower; None if the name is a built-in or other kind of name.

    >>> pretrained_source("resnet-18", {}, {"resnet-18": "microsoft/resnet-18"})
    'microsoft/resnet-18'
    >>> pretrained_source("facebook/dinov2-small", {}, {})
    'facebook/dinov2-small'

    Raises:
        TrainingError: the name is a path, but there is no such directory.
    """
    if name in table:
        return None
    if name in aliases:
        return aliases[name]
    directory = Path(name).expanduser()
    if directory.is_dir():
        return str(directory)
    if name.startswith((".", "/", "~")) or (name.count("/") > 1 and ":" not in name):
        raise TrainingError(f"there is no directory {name}; give a folder with config.json and weights, or a hub name")
    return name if "/" in name and ":" not in name else None


def load_tower_part(family: str, table: Mapping[str, str], aliases: Mapping[str, str], name: str) -> Any:
    """The loader of that name, from the table or from another package.

    Raises:
        UnknownPartError: the name is unknown; suggestions include aliases.
    """
    try:
        return load_part(family, {**aliases, **table}, name)
    except UnknownPartError as error:
        raise UnknownPartError(f"{error}; or give a directory or a hub name such as 'owner/name'") from error


@dataclass(frozen=True)
class Repository:
    """The files of a pretrained model.

    Attributes:
        name: as given by the user: a hub name or a directory.
        directory: where the files are.
    """

    name: str
    directory: Path

    def file(self, name: str) -> Path | None:
        """The file of that name; None if missing."""
        file = self.directory / name
        return file if file.is_file() else None


def open_repository(source: str) -> Repository:
    """Opens a directory, or downloads a hub repository to the hub's cache (safetensors weights if available).

    If the hub cannot be reached, files in the cache are used. A hub name may end in ``@REVISION``.

    Raises:
        TrainingError: the files are not available.
    """
    if Path(source).is_dir():
        return Repository(source, Path(source))
    from huggingface_hub import snapshot_download

    name, _, revision = source.partition("@")
    with reading(source), quiet_transformers(bars=sys.stderr.isatty()):  # a download may take minutes
        download = partial(snapshot_download, name, revision=revision or None)
        for weights in (_SAFE_WEIGHTS, _OPEN_CLIP_WEIGHTS, _OLD_WEIGHTS):  # the first that it has
            directory = Path(download(allow_patterns=[*_SMALL_FILES, weights]))
            if any(directory.glob(weights)):
                break
    return Repository(source, directory)


@contextmanager
def reading(source: str) -> Iterator[None]:
    """Turns any error while a backbone is loaded into a one-line error that says what to do.

    Raises:
        TrainingError: with the beginning of the original message.
    """
    try:
        yield
    except TwinlensError:
        raise
    except Exception as error:
        reason = " ".join(f"{type(error).__name__}: {error}".split())
        reason = reason if len(reason) <= REASON_LENGTH else reason[:REASON_LENGTH] + "…"
        if Path(source).is_dir():
            advice = (
                "the folder needs the files that save_pretrained writes: config.json, weights, tokenizer or processor"
            )
        else:
            advice = (
                "check the name and the network, give a local directory with its files, "
                "or set HF_HOME to a cache that contains it (and HF_HUB_OFFLINE=1 to stay offline)"
            )
        raise TrainingError(f"cannot load {source!r} ({reason}); {advice}") from error


def load_backbone(repository: Repository, *, side: Literal["image", "text"], pooler: Callable[[str], bool]) -> Any:
    """Loads the transformers model of a repository: float32, in eval mode, frozen.

    Of a CLIP or SigLIP model it is the part of that side, without the projection, which a head replaces.

    Args:
        repository: its files.
        side: the tower that the model is for.
        pooler: model family (such as "bert") → whether its trained pooling layer is needed;
            otherwise it is left out, if the family allows.

    Raises:
        TrainingError: it cannot be read, is another model of images and texts, or weights are
            missing, which would then be random.
    """
    import torch
    from transformers import AutoConfig, AutoModel

    with reading(repository.name), quiet_transformers():
        config = AutoConfig.from_pretrained(repository.directory, trust_remote_code=False)
        is_pair = hasattr(config, "text_config")
        if is_pair and config.model_type not in PAIR_FAMILIES:
            raise TrainingError(
                f"{repository.name!r} is a {config.model_type} model, whose parts cannot be towers; "
                f"give a {' or '.join(PAIR_FAMILIES)} model, or one of {side}s alone"
            )
        left_out = _can_leave_out_pooler(config) and not pooler(config.model_type)
        backbone, report = AutoModel.from_pretrained(
            repository.directory,
            config=config,
            dtype=torch.float32,
            trust_remote_code=False,
            output_loading_info=True,
            **({"add_pooling_layer": False} if left_out else {}),
        )
    if missing := sorted(report["missing_keys"]):
        named = ", ".join(missing[:3]) + (" …" if len(missing) > 3 else "")
        raise TrainingError(
            f"the weights of {repository.name!r} lack {named}, which would be random; choose another pooling "
            "('cls' or 'mean' need no pooler), or a complete checkpoint"
        )
    if is_pair:
        backbone = backbone.vision_model if side == "image" else backbone.text_model
    module: nn.Module = backbone.eval()
    return module.requires_grad_(False)


def _can_leave_out_pooler(config: Any) -> bool:
    from transformers import MODEL_MAPPING

    if type(config) not in MODEL_MAPPING:
        return False
    return "add_pooling_layer" in inspect.signature(MODEL_MAPPING[type(config)].__init__).parameters


@contextmanager
def quiet_transformers(*, bars: bool = False) -> Iterator[None]:
    """Silences progress bars and messages about unused head weights."""
    from huggingface_hub.utils import logging as hub_logging
    from transformers.utils import logging

    level, hub_level, had_bars = logging.get_verbosity(), hub_logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity(logging.ERROR)
    hub_logging.set_verbosity(logging.ERROR)  # it would log each attempt to reach the hub
    if not bars:
        logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(level)
        hub_logging.set_verbosity(hub_level)
        if had_bars:
            logging.enable_progress_bar()
