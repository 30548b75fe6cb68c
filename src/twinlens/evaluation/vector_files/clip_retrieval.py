"""Read the folder that ``clip-retrieval inference`` writes: img_emb/, text_emb/ and metadata/, in numbered parts."""

import re
from pathlib import Path
from typing import Any

import numpy as np

from twinlens.counted import counted
from twinlens.data.captioned import caption_of
from twinlens.errors import DataError
from twinlens.evaluation.pairs import EmbeddedPairs, checked_pairs, unit_rows
from twinlens.evaluation.vector_files.array_file import read_array
from twinlens.evaluation.vector_files.matching import first_rows
from twinlens.evaluation.vector_files.name_list import checked_names, read_column
from twinlens.evaluation.vector_files.vectors import Vectors
from twinlens.types import Embeddings

KINDS = {"image": "img_emb", "caption": "text_emb"}
LISTS = ("parquet", "csv", "json")  # clip-retrieval writes Parquet; the others need no pyarrow
_NUMBER = re.compile(r"_(\d+)\.npy$")


def is_clip_retrieval(folder: Path) -> bool:
    """Whether a folder has vectors where clip-retrieval puts them."""
    return any((folder / name).is_dir() for name in KINDS.values())


def read_part_of(folder: Path, what: str) -> Vectors:
    """All vectors of one kind, with file names or captions from the metadata.

    Args:
        folder: the output folder.
        what: "image" or "caption".

    Raises:
        DataError: a file is missing or damaged, or its rows do not fit the metadata.
    """
    rows, entries, notes = _read(folder, what)
    return Vectors(rows, tuple(checked_names(entries, folder, what)), folder, folder, notes)


def read_clip_retrieval(folder: Path) -> EmbeddedPairs:
    """Photos and captions of a folder as they are paired there: each row is a photo and its caption.

    Rows with the same path are one photo; rows without a caption are left out.

    Raises:
        DataError: as ``read_part_of``; or a photo has rows that differ, or there are no captions.
    """
    images = read_part_of(folder, "image")
    texts, entries, notes = _read(folder, "caption")
    try:
        captions = [caption_of(entry) for entry in entries]
    except TypeError as error:
        raise DataError(f"{folder / 'metadata'}: {error}") from error
    if len(texts) != len(images.rows):
        raise DataError(f"{folder} has {len(images.rows):,} photos and {len(texts):,} captions; each row needs both")
    kept = [row for row, caption in enumerate(captions) if caption]
    if not kept:
        raise DataError(f"{folder} has no captions; run clip-retrieval with --enable_text, or give --data")
    names = [(images.names or ())[row] for row in kept]
    first = first_rows(names, Vectors(images.rows[kept], None, folder, folder), "photo")
    number = {name: position for position, name in enumerate(first)}
    lost = len(captions) - len(kept)
    without = counted(lost, "row without a caption was", "rows without a caption were")
    return checked_pairs(
        images.rows[kept][list(first.values())],
        texts[kept],
        np.array([number[name] for name in names]),
        name=folder.name,
        image_ids=tuple(first),
        captions=tuple(str(captions[row]) for row in kept),
        notes=(*images.notes, *notes, *([f"{without} left out"] if lost else [])),
    )


def _read(folder: Path, what: str) -> tuple[Embeddings, list[Any], tuple[str, ...]]:
    """[N, D] unit rows of all parts, their names or captions as they stand in the metadata, and notes."""
    arrays, entries = [], []
    for file in _parts(folder, what):
        array, listed_in = read_array(file), _metadata(folder, file)
        listed = read_column(listed_in, what)
        if len(listed) != len(array):
            raise DataError(f"{listed_in} has {len(listed):,} rows, but {file.name} has {len(array):,}")
        arrays.append(array)
        entries += listed
    if len({array.shape[1:] for array in arrays}) > 1:
        shapes = ", ".join(str(list(array.shape)) for array in arrays[:5])
        raise DataError(f"{folder / KINDS[what]}: the parts must have the same number of dimensions, got {shapes}")
    rows, notes = unit_rows(np.concatenate(arrays), str(folder / KINDS[what]))
    return rows, entries, notes


def _metadata(folder: Path, part: Path) -> Path:
    stem = folder / "metadata" / f"metadata_{_number(part)}"
    lists = [place for suffix in LISTS if (place := stem.with_suffix(f".{suffix}")).is_file()]
    if not lists:
        raise DataError(f"{stem}.parquet is missing; it has the names of the rows of {part.name}")
    return lists[-1]


def _parts(folder: Path, what: str) -> list[Path]:
    place = folder / KINDS[what]
    files = [file for file in place.glob(f"{KINDS[what]}_*.npy") if _number(file)]
    if not files:
        raise DataError(f"{place} contains no {KINDS[what]}_0.npy, as clip-retrieval writes it")
    return sorted(files, key=lambda file: int(_number(file)))


def _number(file: Path) -> str:
    found = _NUMBER.search(file.name)
    return found[1] if found else ""
