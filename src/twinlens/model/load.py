"""Find a model by name or folder and open it."""

from contextlib import suppress
from importlib.metadata import entry_points
from pathlib import Path

from twinlens.config import data_folder
from twinlens.errors import BundleError, UnknownPartError
from twinlens.model.bridge import BridgedEncoder, open_bridge
from twinlens.model.bundle import MANIFEST, open_bundle
from twinlens.model.onnx_encoder import OnnxDualEncoder
from twinlens.plugins import did_you_mean, load_part
from twinlens.protocols import DualEncoder

DEFAULT = "default"
DEFAULT_BUNDLE = Path(__file__).with_name("default")


def load_model(name_or_path: str | Path = DEFAULT, *, threads: int | None = None) -> DualEncoder:
    """Opens a model: a bundle, or an encoder that an installed package offers.

    Args:
        name_or_path: "default" for the embedded model, the name of an imported model or of an
            entry point of the group ``twinlens.encoder``, or a bundle's folder.
        threads: shares of a batch that run at once in a bundle; None = as many as there are cores.

    Raises:
        BundleError: the bundle is damaged, or the encoder's package fails.
        UnknownPartError: no model has that name and no folder that path.
    """
    if str(name_or_path) in installed_encoders():
        return _load_installed(str(name_or_path))
    return OnnxDualEncoder(open_bundle(find_bundle(name_or_path)), threads=threads)


def model_of_fingerprint(fingerprint: str) -> DualEncoder | None:
    """The known bundle with a fingerprint, opened; None where there is none."""
    for folder in known_bundles().values():
        with suppress(BundleError):
            if open_bundle(folder).fingerprint == fingerprint:
                return load_model(folder)
    return None


def load_bridged(name_or_path: str | Path, fingerprint: str) -> DualEncoder | None:
    """A bundle in place of an earlier model, for queries alone; None where it has no bridge to that one.

    Raises:
        BundleError: the bundle, or its bridge, is damaged.
        UnknownPartError: no bundle has that name and no folder that path.
    """
    if str(name_or_path) in installed_encoders():
        return None
    bundle = open_bundle(find_bundle(name_or_path))
    bridge = open_bridge(bundle, fingerprint)
    return None if bridge is None else BridgedEncoder(OnnxDualEncoder(bundle), bridge)


def installed_encoders() -> list[str]:
    """Names of the encoders that installed packages offer; the embedded model's name is never one."""
    return sorted({entry.name for entry in entry_points(group="twinlens.encoder")} - {DEFAULT})


def _load_installed(name: str) -> DualEncoder:
    try:
        encoder: DualEncoder = load_part("encoder", {}, name)()
    except Exception as error:  # another package's code may raise anything
        raise BundleError(f"the model {name!r} cannot be loaded: {error!r}; reinstall or remove its package") from error
    return encoder


def find_bundle(name_or_path: str | Path) -> Path:
    """The folder of a bundle given by name or by path."""
    known = known_bundles()
    if str(name_or_path) in known:
        return known[str(name_or_path)]
    with suppress(OSError, RuntimeError):  # a name too long for a file, or the "~" of nobody
        folder = Path(name_or_path).expanduser()
        if folder.is_dir():
            return folder
        if folder.exists():
            raise BundleError(f"{folder} is a file; a model is a folder with {MANIFEST} in it")
    names = [*known, *installed_encoders()]
    hint = did_you_mean(str(name_or_path), names)
    raise UnknownPartError(
        f"no model is called {str(name_or_path)!r}; known: {', '.join(names)}, or give a bundle's folder{hint}"
    )


def known_bundles() -> dict[str, Path]:
    """Name → folder of the embedded model and of those kept in the user's data folder."""
    bundles = {DEFAULT: DEFAULT_BUNDLE}
    models = models_folder()
    if models.is_dir():
        bundles |= {folder.name: folder for folder in sorted(models.iterdir()) if (folder / MANIFEST).is_file()}
    return bundles


def models_folder() -> Path:
    """Where models are kept by name."""
    return data_folder() / "models"
