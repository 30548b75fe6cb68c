"""Find the row of each photo and each caption of a data set among the vectors of another program."""

from collections.abc import Sequence
from pathlib import PurePosixPath

import numpy as np
from numpy.typing import NDArray

from twinlens.counted import counted
from twinlens.data.captioned import caption_of
from twinlens.data.file_names import on_one_line, same_form
from twinlens.errors import DataError
from twinlens.evaluation.pairs import EmbeddedPairs, caption_ids_of, checked_pairs, languages_of
from twinlens.evaluation.vector_files.vectors import Vectors
from twinlens.types import CaptionedImage

SAME_WITHIN = 1e-2  # distance of unit rows of one text or photo: batches of float16 models differ by less


def match_pairs(images: Vectors, texts: Vectors, photos: Sequence[CaptionedImage], data: str) -> EmbeddedPairs:
    """The vectors of a split's photos and captions, in the order of the data set.

    Args:
        images: with names; these may be paths, and may lack folders or the suffix.
        texts: with captions in any order, or without and in the order of the data set.
        photos: of the split, each with at least one caption.
        data: name of data and split.

    Raises:
        DataError: a photo or caption has no row or several different ones, or the two are not in one space.
    """
    captions = [caption for photo in photos for caption in photo.captions]
    photo_rows = _rows_of_photos(images, [photo.image_id for photo in photos], data)
    text_rows = _rows_of_captions(texts, captions, data)
    left_out = len(set(images.names or ())) - len(photos)
    are, were = ("is", "was") if left_out == 1 else ("are", "were")
    note = f"{counted(left_out, 'photo')} of {images.source.name} {are} not in {data} and {were} left out"
    return checked_pairs(
        images.rows[photo_rows],
        texts.rows[text_rows],
        np.repeat(np.arange(len(photos)), [len(photo.captions) for photo in photos]),
        name=data,
        image_ids=tuple(photo.image_id for photo in photos),
        captions=tuple(captions),
        caption_ids=caption_ids_of(photos),
        languages=languages_of(photos),
        notes=(*images.notes, *texts.notes, *([note] if left_out else [])),
    )


def first_rows(keys: Sequence[str], own: Vectors, what: str) -> dict[str, int]:
    """Key → its first row.

    Args:
        keys: of the rows; a photo or caption may come several times with the same vector.
        own: the vectors.
        what: for messages: photo or caption.

    Raises:
        DataError: a key has rows that differ.
    """
    first: dict[str, int] = {}
    for row, key in enumerate(keys):
        other = first.setdefault(key, row)
        if other != row and np.abs(own.rows[row] - own.rows[other]).max() > SAME_WITHIN:
            raise DataError(
                f"{own.listed_in} names the {what} {on_one_line(key)[:80]!r} twice, in rows {other} and {row}, "
                "with different vectors; keep one of them"
            )
    return first


def _rows_of_photos(images: Vectors, wanted: Sequence[str], data: str) -> NDArray[np.int64]:
    names = [same_form(name.replace("\\", "/")) for name in images.names or ()]
    first_rows(names, images, "photo")
    fewest: list[str] = list(wanted)
    for shorten in (str, _last_part, _stem):
        rows: dict[str, int] = {}
        several: set[str] = set()
        for row, name in enumerate(names):
            key = shorten(name)
            if names[rows.setdefault(key, row)] != name:
                several.add(key)
        keys = [shorten(same_form(image_id)) for image_id in wanted]
        if several.intersection(keys) or len(set(keys)) < len(keys):
            continue  # two photos have the same name in different folders
        missing = [image_id for image_id, key in zip(wanted, keys, strict=True) if key not in rows]
        if not missing:
            return np.array([rows[key] for key in keys])
        fewest = min(fewest, missing, key=len)
    raise DataError(
        f"{images.listed_in} lacks {len(fewest):,} of the {len(wanted):,} photos of {data}, the first is "
        f"{on_one_line(fewest[0])!r}; its own names are like {on_one_line(names[0])[:80]!r}"
    )


def _rows_of_captions(texts: Vectors, wanted: Sequence[str], data: str) -> NDArray[np.int64]:
    if texts.names is None:
        if len(texts.rows) != len(wanted):
            raise DataError(
                f"{texts.source} has {len(texts.rows):,} rows, but {data} has {len(wanted):,} captions; choose the "
                "right --split, or put a list of the rows' captions beside it (.txt, .json, .csv)"
            )
        return np.arange(len(wanted))
    names = [_plain(name) for name in texts.names]
    keys = [_plain(caption) for caption in wanted]
    if names == keys:
        return np.arange(len(wanted))
    rows = first_rows(names, texts, "caption")
    missing = [caption for caption, key in zip(wanted, keys, strict=True) if key not in rows]
    if missing:
        raise DataError(
            f"{texts.listed_in} lacks {len(missing):,} of the {len(wanted):,} captions of {data}, "
            f"the first is {missing[0][:80]!r}"
        )
    return np.array([rows[key] for key in keys])


def _last_part(name: str) -> str:
    return PurePosixPath(name).name


def _stem(name: str) -> str:
    return PurePosixPath(name).stem


def _plain(caption: str) -> str:
    """The caption as readers of data sets give it."""
    return same_form(caption_of(caption) or "")
