"""Pull a published model: its files are downloaded or read from a folder, checked, and become a bundle."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from filelock import FileLock, Timeout

from twinlens.errors import BundleError
from twinlens.model.bundle import Bundle, open_bundle
from twinlens.model.hub.folder import Folder
from twinlens.model.hub.layouts import Layout, find_layout
from twinlens.model.hub.make_bundle import check_kind, make_bundle
from twinlens.model.hub.published import Published, published
from twinlens.model.hub.repository import Repository
from twinlens.model.hub.source import OnBytes, Source
from twinlens.model.load import models_folder, new_model_folder

DOWNLOADS = ".downloads"  # in the models folder: what was downloaded of a model that is not yet whole
MAX_SETTINGS_BYTES = 64 << 20  # the largest published tokenizer.json is 34 MB


@dataclass(frozen=True)
class PullPlan:
    """What a pull is about to do.

    Attributes:
        source: ``owner/name``, or a folder.
        revision: the commit; empty for a folder.
        license: empty if the model's card does not state one.
        size_bytes: of all files.
        to_download_bytes: what is not here yet.
        bundle: the folder of the bundle.
    """

    source: str
    revision: str
    license: str
    size_bytes: int
    to_download_bytes: int
    bundle: Path


def pull(
    name: str,
    *,
    variant: str | None = None,
    folder: str | None = None,
    revision: str | None = None,
    save_as: str | None = None,
    on_plan: Callable[[PullPlan], None] | None = None,
    on_bytes: OnBytes | None = None,
) -> Bundle:
    """Makes a bundle of a published model, under a name by which ``find_bundle`` finds it.

    Args:
        name: a name of the table of published models, ``owner/name`` of the hub, or a folder with such an export.
        variant: how the weights are stored, see ``layouts.VARIANTS``; None = the table's, else fp32.
        folder: of the graphs, where a repository has several models; None = the only one.
        revision: branch, tag or commit; None = the table's, else the main branch.
        save_as: the bundle's name; None = the table's, else that of the repository or folder, and of its own folder.
        on_plan: called before the download.
        on_bytes: called with the bytes that are here and those wanted.

    Raises:
        BundleError: the model cannot be had, is none that fits, or the name is taken.
    """
    entry = published().get(name)
    wanted = variant or (entry.variant if entry else "fp32")
    own_name = save_as or (entry.name if entry else _own_name(name, folder))
    place = new_model_folder(own_name)
    with downloads_of(own_name) as downloads:
        source = _source(name, entry, downloads, revision)
        layout = find_layout(source.name, source.files, variant=wanted, folder=folder)
        _refuse_large_settings(source, layout)
        if on_plan:
            on_plan(_plan(source, layout, entry, place))
        check_kind(source, layout)  # before the large files
        files = source.fetch(layout.files, on_bytes=on_bytes)
        staged = downloads / "bundle"
        shutil.rmtree(staged, ignore_errors=True)
        staged.mkdir()
        make_bundle(own_name, source, layout, files, staged, variant=wanted, entry=entry)
        staged.rename(new_model_folder(own_name))  # another program may have taken the name meanwhile
        shutil.rmtree(downloads, ignore_errors=True)
    return open_bundle(place)


def _own_name(name: str, folder: str | None) -> str:
    inner = PurePosixPath(folder).name if folder else ""
    return "-".join(filter(None, (Path(name).expanduser().absolute().name, inner)))


def _plan(source: Source, layout: Layout, entry: Published | None, place: Path) -> PullPlan:
    return PullPlan(
        source=source.name,
        revision=source.revision,
        license=source.license or (entry.license if entry else ""),
        size_bytes=sum(source.files[file].size_bytes for file in layout.files),
        to_download_bytes=source.missing_bytes(layout.files),
        bundle=place,
    )


def open_repository(name: str, downloads: Path, *, revision: str | None = None) -> Source:
    """The files of a repository on the hub; with HF_HUB_OFFLINE=1, of the hub's own cache.

    Args:
        name: ``owner/name``.
        downloads: where what is downloaded is kept.
        revision: branch, tag or commit; None = the main branch.

    Raises:
        BundleError: the hub cannot be reached, or refuses; the message says what to do.
    """
    from huggingface_hub import constants, snapshot_download

    if constants.is_offline_mode():
        with suppress(OSError, ValueError):  # not in the hub's cache: the repository says what to do
            cached = Path(snapshot_download(name, revision=revision, local_files_only=True))
            return Folder(cached, name=name, revision=cached.name)
    return Repository(name, downloads, revision=revision)


def _source(name: str, entry: Published | None, downloads: Path, revision: str | None) -> Source:
    folder = Path(name).expanduser()
    if entry is None and folder.is_dir():
        return Folder(folder)
    repository = entry.repository if entry else name
    return open_repository(repository, downloads, revision=revision or (entry.revision if entry else None) or None)


def _refuse_large_settings(source: Source, layout: Layout) -> None:
    for file in (*layout.settings.values(), layout.tokenizer):
        if source.files[file].size_bytes > MAX_SETTINGS_BYTES:
            raise BundleError(
                f"{file} of {source.name} has {source.files[file].size_bytes:,} bytes, which is absurd for it"
            )


@contextmanager
def downloads_of(name: str) -> Iterator[Path]:
    """The folder for downloads of one model, for one process at a time.

    Raises:
        BundleError: another program uses it, or it cannot be written.
    """
    folder = models_folder() / DOWNLOADS / name
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(folder.with_name(f"{name}.lock"), timeout=0):
            yield folder
    except Timeout as error:
        raise BundleError(f"another program is pulling {name!r} now; wait for it") from error
    except OSError as error:
        where = error.filename or folder
        raise BundleError(
            f"{where} cannot be written or read ({error.strerror or error}); free space, or check it"
        ) from error
