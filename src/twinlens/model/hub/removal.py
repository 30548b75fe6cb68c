"""Remove a model from the models folder."""

import shutil
from pathlib import Path

from twinlens.errors import BundleError, UnknownPartError
from twinlens.model.load import DEFAULT, known_bundles, models_folder
from twinlens.plugins import did_you_mean


def removable(name: str) -> Path:
    """The folder of a model that may be removed.

    Raises:
        BundleError: it is the embedded model.
        UnknownPartError: the models folder has no model of that name.
    """
    if name == DEFAULT:
        raise BundleError("the default model is part of twinlens and cannot be removed")
    own = {known: folder for known, folder in known_bundles().items() if folder.parent == models_folder()}
    if name not in own:
        raise UnknownPartError(
            f"no model in {models_folder()} is called {name!r}; there: {', '.join(own) or 'none'}"
            f"{did_you_mean(name, list(own))}"
        )
    return own[name]


def remove(name: str) -> int:
    """Deletes a model of the models folder; the bytes that it took.

    Raises:
        BundleError, UnknownPartError: see ``removable``; or it cannot be deleted.
    """
    folder = removable(name)
    if folder.is_symlink():
        folder.unlink()
        return 0
    size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
    try:
        shutil.rmtree(folder)
    except OSError as error:
        raise BundleError(f"{error.filename or folder} cannot be deleted ({error.strerror or error})") from error
    return size
