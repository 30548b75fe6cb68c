"""Import a checkpoint of the model hub: its files are downloaded, converted, and deleted."""

import shutil
from collections.abc import Callable
from pathlib import Path

from twinlens.model.hub.pull import PullPlan, downloads_of, open_repository
from twinlens.model.hub.source import OnBytes
from twinlens.training.importing.fetch import checkpoint_files, fetch_files
from twinlens.training.importing.import_checkpoint import Imported, import_checkpoint
from twinlens.training.parts.quantization import Weights


def import_named(
    repository: str,
    out: Path,
    *,
    name: str,
    weights: Weights = "float32",
    on_plan: Callable[[PullPlan], None] | None = None,
    on_bytes: OnBytes | None = None,
) -> Imported:
    """Writes the bundle of a checkpoint; what was downloaded is kept until that has been done.

    Args:
        repository: ``owner/name``, or ``owner/name@revision``.
        out: the bundle's folder.
        name: of the model.
        weights: how they are stored.
        on_plan: called before the download.
        on_bytes: called with the bytes that are here and those wanted.

    Raises:
        BundleError: the checkpoint cannot be had.
        TrainingError: it cannot be converted.
    """
    owner_and_name, _, revision = repository.partition("@")
    with downloads_of(name) as downloads:
        source = open_repository(owner_and_name, downloads, revision=revision or None)
        files = checkpoint_files(source)
        if on_plan:
            size = sum(source.files[file].size_bytes for file in files)
            on_plan(PullPlan(source.name, source.revision, source.license, size, source.missing_bytes(files), out))
        folder = fetch_files(source, files, on_bytes=on_bytes)
        made = import_checkpoint(folder, out, name=name, weights=weights, origin=source.describe())
        shutil.rmtree(downloads, ignore_errors=True)
    return made
