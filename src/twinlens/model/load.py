"""Find a model by name or folder, and open it."""

from contextlib import suppress
from importlib.metadata import entry_points
from pathlib import Path

from twinlens.config import data_folder
from twinlens.errors import BundleError, UnknownPartError
from twinlens.model.bridge import BridgedEncoder, open_bridge
from twinlens.model.bundle import MANIFEST, open_bundle
from twinlens.model.hub.published import published
from twinlens.model.shared import shared_encoder
from twinlens.plugins import did_you_mean, load_part
from twinlens.protocols import DualEncoder

DEFAULT = "default"
NOT_IN_NAMES = frozenset('/\\:*?"<>|')  # as one system or another has it
DEFAULT_BUNDLE = Path(__file__).with_name("default")


def load_model(name_or_path: str | Path = DEFAULT, *, threads: int | None = None) -> DualEncoder:
    """Opens a model: a bundle, or an encoder from an installed package.

    A bundle that is in use in this process is not opened twice: it is the same encoder.

    Args:
        name_or_path: "default" for the embedded model, the name of an imported model or of an
            entry point of the group ``twinlens.encoder``, or a bundle's folder.
        threads: number of threads that share a batch, for bundles; None = number of cores.

    Raises:
        BundleError: the bundle is damaged, or the encoder's package fails.
        UnknownPartError: there is no model of that name, and no such folder.
    """
    if str(name_or_path) not in known_bundles() and str(name_or_path) in installed_encoders():
        return _load_installed(str(name_or_path))
    return shared_encoder(open_bundle(find_bundle(name_or_path)), threads=threads)


def model_of_fingerprint(fingerprint: str) -> DualEncoder | None:
    """Opens the known bundle with a fingerprint; None if there is none."""
    for folder in known_bundles().values():
        with suppress(BundleError):
            if open_bundle(folder).fingerprint == fingerprint:
                return load_model(folder)
    return None


def load_bridged(name_or_path: str | Path, fingerprint: str) -> DualEncoder | None:
    """Opens a bundle in place of an older model, for queries only; None if it has no bridge to that model.

    Raises:
        BundleError: the bundle, or its bridge, is damaged.
        UnknownPartError: there is no bundle of that name, and no such folder.
    """
    if str(name_or_path) not in known_bundles() and str(name_or_path) in installed_encoders():
        return None
    bundle = open_bundle(find_bundle(name_or_path))
    bridge = open_bridge(bundle, fingerprint)
    return None if bridge is None else BridgedEncoder(shared_encoder(bundle), bridge)


def installed_encoders() -> list[str]:
    """Names of the encoders of installed packages; never includes the embedded model's name."""
    return sorted({entry.name for entry in entry_points(group="twinlens.encoder")} - {DEFAULT})


def _load_installed(name: str) -> DualEncoder:
    try:
        encoder: DualEncoder = load_part("encoder", {}, name)()
    except Exception as error:  # plugin code can raise anything
        why = error.__cause__ if isinstance(error, UnknownPartError) and error.__cause__ else error
        raise BundleError(f"the model {name!r} cannot be loaded: {why!r}; reinstall or remove its package") from error
    return encoder


def is_known_model(name: str) -> bool:
    """Whether a name stands for a model, rather than for a folder of that name."""
    return name in known_bundles() or name in installed_encoders()


def find_bundle(name_or_path: str | Path) -> Path:
    """The folder of a bundle given by name or by path.

    Raises:
        BundleError: the path is a file, or the name refers to an encoder without a bundle.
        UnknownPartError: there is no bundle of that name, and no such folder.
    """
    known = known_bundles()
    if str(name_or_path) in known:
        return known[str(name_or_path)]
    with suppress(OSError, RuntimeError):  # a name too long for a file, or an unknown "~name"
        folder = Path(name_or_path).expanduser()
        if folder.is_dir():
            return folder
        if folder.exists():
            raise BundleError(f"{folder} is a file; a model is a folder that contains {MANIFEST}")
    names = [*known, *installed_encoders()]
    if str(name_or_path) in names:
        raise BundleError(f"the model {str(name_or_path)!r} is the encoder of an installed package; it has no bundle")
    if str(name_or_path) in published():
        raise UnknownPartError(f"the model {name_or_path} is not here yet; get it: twinlens models pull {name_or_path}")
    hint = did_you_mean(str(name_or_path), names)
    raise UnknownPartError(
        f"no model is called {str(name_or_path)!r}; known: {', '.join(names)}, or give a bundle's folder{hint}"
    )


def known_bundles() -> dict[str, Path]:
    """Name → folder, of the embedded model and the models in the user's data folder."""
    bundles = {DEFAULT: DEFAULT_BUNDLE}
    models = models_folder()
    if models.is_dir():
        bundles |= {folder.name: folder for folder in sorted(models.iterdir()) if (folder / MANIFEST).is_file()}
    return bundles


def models_folder() -> Path:
    """The folder of the user's models."""
    return data_folder() / "models"


def new_model_folder(name: str) -> Path:
    """Where a new model of that name goes.

    Raises:
        BundleError: the name cannot be a folder's, or a model has it.
    """
    if name == DEFAULT or name.startswith(".") or set(name) & NOT_IN_NAMES or not name.strip():
        raise BundleError(f"a model cannot be called {name!r}; give another name with --as")
    place = models_folder() / name
    if is_known_model(name) or place.exists():
        raise BundleError(
            f"there is a model {name!r} already; use it, remove it with twinlens models remove {name}, "
            "or give another name with --as"
        )
    return place
