"""Read and write embedded photos and captions as an npz file, also for exchange with other programs."""

import zipfile
import zlib
from pathlib import Path
from tokenize import TokenError
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twinlens.errors import DataError
from twinlens.evaluation.pairs import EmbeddedPairs, checked_pairs
from twinlens.whole_file import whole_file

# what NumPy raises for damaged files, and for headers with a shape beyond any memory or that are no Python literal
UNREADABLE = (
    *(OSError, ValueError, EOFError, MemoryError, SyntaxError, TokenError),
    *(zipfile.BadZipFile, zlib.error),
)
NAMES = ("image_ids", "captions", "languages")
ARRAYS = ("image_embeddings", "text_embeddings", "text_image_index")


def save_pairs(pairs: EmbeddedPairs, path: Path) -> None:
    """Writes image_embeddings [N, D], text_embeddings [M, D], text_image_index [M] and name.

    If known, also image_ids [N], captions [M], caption_ids [M], languages [M], model and trained_on.

    Raises:
        DataError: the file cannot be written, or does not end in .npz.
    """
    check_writable(path, ".npz")
    known = {
        "image_ids": pairs.image_ids,
        "captions": pairs.captions,
        "languages": pairs.languages,
        "model": pairs.model,
    }
    arrays: dict[str, NDArray[Any]] = {
        **dict(zip(ARRAYS, (pairs.images, pairs.texts, _index(pairs)), strict=True)),
        "name": np.array(pairs.name),
        **{key: np.array(value, dtype=np.str_) for key, value in known.items() if value},
    }
    if pairs.caption_ids:
        arrays["caption_ids"] = np.array(pairs.caption_ids, dtype=np.int64)
    if pairs.trained_on is not None:
        arrays["trained_on"] = np.array(pairs.trained_on, dtype=np.str_)
    try:
        with whole_file(path) as place, place.open("wb") as file:
            np.savez(file, allow_pickle=False, **arrays)
    except OSError as error:
        raise DataError(f"{path} cannot be written: {error.strerror or error}") from error


def load_pairs(path: Path) -> EmbeddedPairs:
    """Reads and validates such a file; only the three arrays are required.

    Raises:
        DataError: it is missing, not an npz file, or its arrays are invalid.
    """
    arrays = _read(path)
    missing = [name for name in ARRAYS if name not in arrays]
    if missing:
        raise DataError(f"{path} lacks {', '.join(missing)}; it has {', '.join(arrays) or 'nothing'}")
    about: dict[str, Any] = {
        "name": str(arrays.get("name", path.stem)),
        "model": str(arrays["model"]) if "model" in arrays else None,
        **{key: tuple(map(str, arrays[key].ravel())) for key in NAMES if key in arrays},
        "caption_ids": tuple(map(int, arrays.get("caption_ids", np.empty(0)).ravel())),
        "trained_on": tuple(map(str, arrays["trained_on"].ravel())) if "trained_on" in arrays else None,
    }
    try:
        pairs = checked_pairs(*(arrays[name] for name in ARRAYS), **about)
    except DataError as error:
        raise DataError(f"{path}: {error}") from error
    named = {"image_ids": pairs.images, **dict.fromkeys(("captions", "languages", "caption_ids"), pairs.texts)}
    for name, rows in named.items():
        given = getattr(pairs, name)
        if given and len(given) != len(rows):
            raise DataError(f"{path}: {name} has {len(given):,} entries for {len(rows):,} rows")
    return pairs


def check_writable(path: Path, suffix: str) -> None:
    """Checks, before any work is done, that a file can be written later.

    Raises:
        DataError: the suffix is wrong, or the folder is missing.
    """
    if path.suffix.lower() != suffix:
        raise DataError(f"{path} must end in {suffix}")
    if not path.parent.is_dir():
        raise DataError(f"{path} cannot be written: the folder {path.parent} does not exist")


def _index(pairs: EmbeddedPairs) -> NDArray[np.int64]:
    """[M], or [P, 2] with a text's own photo first; the answers of a truth file are not kept."""
    if pairs.right is None or pairs.right.name:
        return pairs.text_image_index
    rows = []
    for text, (own, photos) in enumerate(zip(pairs.text_image_index, pairs.right.photos_of_text, strict=True)):
        rows += [(text, own), *((text, photo) for photo in photos if photo != own)]
    return np.array(rows)


def _read(path: Path) -> dict[str, NDArray[Any]]:
    try:
        with path.open("rb") as file:
            loaded = np.load(file, allow_pickle=False)
            if isinstance(loaded, np.ndarray):
                raise DataError(f"{path} is a single array; expected an npz file with {', '.join(ARRAYS)}")
            return {name: loaded[name] for name in loaded.files}
    except FileNotFoundError as error:
        raise DataError(f"{path} is missing") from error
    except UNREADABLE as error:
        # NumPy's own message suggests unpickling, which would execute code from an untrusted file
        wanted = f"write it with numpy.savez and {', '.join(ARRAYS)}"
        raise DataError(f"{path} is not a readable npz file of plain arrays; {wanted}") from error
