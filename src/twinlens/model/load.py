"""Find a model by name or folder and open it."""

from contextlib import suppress
from pathlib import Path

from twinlens.config import data_folder
from twinlens.errors import BundleError, UnknownPartError
from twinlens.model.bundle import MANIFEST, open_bundle
from twinlens.model.onnx_encoder import OnnxDualEncoder
from twinlens.plugins import did_you_mean

DEFAULT = "default"
DEFAULT_BUNDLE = Path(__file__).with_name("default")


def load_model(name_or_path: str | Path = DEFAULT, *, threads: int | None = None) -> OnnxDualEncoder:
    """Opens a model bundle.

    Args:
        name_or_path: "default" for the embedded model, the name of an imported
            model, or a bundle's folder.
        threads: shares of a batch that run at once; None = as many as there are cores.

    Raises:
        BundleError: the bundle is damaged.
        UnknownPartError: no model has that name and no folder that path.
    """
    return OnnxDualEncoder(open_bundle(find_bundle(name_or_path)), threads=threads)


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
    hint = did_you_mean(str(name_or_path), known)
    raise UnknownPartError(
        f"no model is called {str(name_or_path)!r}; known: {', '.join(known)}, or give a bundle's folder{hint}"
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
