"""Bring a checkpoint's files here from a model hub: settings, tokenizer and safetensors, never pickles."""

from pathlib import Path

from twinlens.errors import BundleError
from twinlens.model.hub.pull import open_repository
from twinlens.model.hub.source import OnBytes, Source
from twinlens.training.importing.checkpoint import SENTENCE_TRANSFORMERS
from twinlens.training.importing.open_clip.opening import CONFIG, WEIGHTS

_KEPT = (".json", ".txt", ".model", ".safetensors")  # settings and vocabularies, sentencepiece, weights
_CARD = "README.md"  # states licence and languages
_USUAL = "model.safetensors"


def fetch_checkpoint(name: str, downloads: Path, *, on_bytes: OnBytes | None = None) -> Path:
    """The folder of a checkpoint, for ``open_checkpoint``.

    Args:
        name: a folder, ``owner/name`` of the hub, or ``owner/name@revision``.
        downloads: where files of the hub are kept; what is there is not downloaded again.
        on_bytes: called with the bytes that are here and those wanted.

    Raises:
        BundleError: it cannot be had, or has no safetensors.
    """
    folder = Path(name).expanduser()
    if folder.is_dir():
        return folder
    repository, _, revision = name.partition("@")
    source = open_repository(repository, downloads / repository.replace("/", "--"), revision=revision or None)
    return fetch_files(source, checkpoint_files(source), on_bytes=on_bytes)


def checkpoint_files(source: Source) -> list[str]:
    """What is needed of a repository: settings, tokenizer, card, and the weights once.

    Raises:
        BundleError: it has no safetensors.
    """
    kept = [file for file in source.files if file.endswith((*_KEPT, _CARD))]
    wanted = [file for file in kept if "/" not in file]
    if not _has_weights(wanted):
        wanted = [file for file in kept if file.startswith(f"{SENTENCE_TRANSFORMERS}/") and file.count("/") == 1]
    if not _has_weights(wanted):
        raise BundleError(
            f"{source.name} has no safetensors, and weights in other formats can run code; give another revision of it "
            "(OWNER/NAME@REVISION), or the folder of a copy that has them"
        )
    for one in (WEIGHTS if CONFIG in wanted else _USUAL, _USUAL):  # often beside the same weights for other programs
        if one in wanted:
            return [file for file in wanted if file == one or not file.endswith(".safetensors")]
    return wanted


def fetch_files(source: Source, files: list[str], *, on_bytes: OnBytes | None = None) -> Path:
    """The folder in which these files of a checkpoint are.

    Raises:
        BundleError: one cannot be had, or arrives damaged.
    """
    return source.fetch(files, on_bytes=on_bytes)[files[0]].parent


def _has_weights(files: list[str]) -> bool:
    return any(file.endswith(".safetensors") for file in files)
