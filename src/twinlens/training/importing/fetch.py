"""Bring a checkpoint's files here from a model hub: settings, tokenizer and safetensors, never pickles."""

from pathlib import Path

from twinlens.errors import BundleError
from twinlens.model.hub.pull import open_repository
from twinlens.model.hub.source import OnBytes
from twinlens.training.importing.open_clip.opening import CONFIG, WEIGHTS

_KEPT = (".json", ".txt", ".model", ".safetensors")  # settings and vocabularies, sentencepiece, weights


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
    wanted = [file for file in source.files if "/" not in file and file.endswith(_KEPT)]
    if {CONFIG, WEIGHTS} <= set(wanted):  # often beside the same weights for other programs
        wanted = [file for file in wanted if file == WEIGHTS or not file.endswith(".safetensors")]
    if not any(file.endswith(".safetensors") for file in wanted):
        raise BundleError(
            f"{name} has no safetensors, and weights in other formats can run code; give another revision of it "
            "(OWNER/NAME@REVISION), or the folder of a copy that has them"
        )
    return source.fetch(wanted, on_bytes=on_bytes)[wanted[0]].parent
