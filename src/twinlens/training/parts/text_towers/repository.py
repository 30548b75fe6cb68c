"""Tokenizer and sentence-transformers pooling of a text encoder's repository."""

import json
from typing import Any

from tokenizers import Tokenizer

from twinlens.errors import TrainingError
from twinlens.model.tokenizer import pad_id
from twinlens.training.parts.pretrained import Repository, reading
from twinlens.training.parts.text_towers.vocabulary import read_tokenizer

_POOLINGS = {"mean": "mean", "cls": "cls", "mean_tokens": "mean", "cls_token": "cls"}
_OLD_KEY = "pooling_mode_"


def repository_pooling(repository: Repository) -> tuple[str | None, bool]:
    """The pooling of a sentence-transformers repository, and whether its embeddings are normalized.

    Other repositories give (None, False); an unsupported pooling keeps its name. A further
    linear layer of such a model is ignored, since a head replaces it.

    Raises:
        TrainingError: its files are malformed.
    """
    with reading(repository.name):
        file = repository.file("modules.json")
        if not file:
            return None, False
        modules = json.loads(file.read_text(encoding="utf-8"))
        kinds = {module["type"].rpartition(".")[2]: module["path"] for module in modules}
        unit_length = "Normalize" in kinds
        config = repository.file(f"{kinds.get('Pooling', '1_Pooling')}/config.json")
        if not config:
            return None, unit_length
        named = _mode(json.loads(config.read_text(encoding="utf-8")))
        return _POOLINGS.get(named, named), unit_length


def _mode(config: dict[str, Any]) -> str:
    """The mode in a pooling configuration, in the old format (a flag per mode) or the new one (a name)."""
    if "pooling_mode" in config:
        mode = config["pooling_mode"]
        return mode if isinstance(mode, str) else " + ".join(mode)
    return " + ".join(key.removeprefix(_OLD_KEY) for key, on in config.items() if key.startswith(_OLD_KEY) and on)


def repository_tokenizer(repository: Repository) -> Tokenizer:
    """The repository's ``tokenizer.json``, or the tokenizer that transformers builds from its other files.

    Raises:
        TrainingError: the tokenizer is implemented in Python, without a ``tokenizer.json``.
    """
    with reading(repository.name):
        if file := repository.file("tokenizer.json"):
            return _with_padding(read_tokenizer(file), repository)
        from transformers import AutoTokenizer

        found = AutoTokenizer.from_pretrained(repository.directory, trust_remote_code=False)
    if not hasattr(found, "backend_tokenizer"):
        raise TrainingError(
            f"the tokenizer of {repository.name!r} ({type(found).__name__}) is implemented in Python, but a "
            "bundle needs a tokenizer.json; choose another text tower"
        )
    tokenizer: Tokenizer = found.backend_tokenizer
    if found.pad_token is not None:
        tokenizer.enable_padding(pad_id=found.pad_token_id, pad_token=found.pad_token)  # saved in the file
    return tokenizer


def reads_small_letters(repository: Repository) -> bool:
    """Whether it is a SigLIP with Gemma's tokenizer: SigLIP 2, trained on small letters, which no file of it says."""
    file = repository.file("tokenizer_config.json")
    kind = json.loads(file.read_text(encoding="utf-8")).get("tokenizer_class") if file else None
    return "gemma" in str(kind).lower()


def _with_padding(tokenizer: Tokenizer, repository: Repository) -> Tokenizer:
    """The tokenizer with the padding token of its configuration, which a ``tokenizer.json`` need not contain."""
    file = repository.file("tokenizer_config.json")
    named = json.loads(file.read_text(encoding="utf-8")).get("pad_token") if file else None
    token = named["content"] if isinstance(named, dict) else named
    number = tokenizer.token_to_id(token) if token else None
    if number is not None and number != pad_id(tokenizer):
        tokenizer.enable_padding(pad_id=number, pad_token=token)
    return tokenizer
