"""Rank a list of captions, such as from a file, for one photo."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from twinlens.collection.searching.query import Query, embed_query
from twinlens.data.find import kind_of_file, open_dataset
from twinlens.data.one_line import one_line
from twinlens.data.readers.delimited import read_header
from twinlens.data.text_file import read_text_file, start_of_text
from twinlens.errors import DataError, QueryError
from twinlens.protocols import DualEncoder

TABLE_SUFFIXES = (".csv", ".tsv", ".jsonl", ".ndjson")


@dataclass(frozen=True, slots=True)
class RankedCaption:
    """A ranked caption that is not in a collection.

    Attributes:
        rank: position in the answer, 1 = first.
        caption: the text.
        score: cosine in [-1, 1], higher is better.
        probability: calibrated probability of relevance in [0, 1]; None without a
            calibration.
    """

    rank: int
    caption: str
    score: float
    probability: float | None = None


def read_captions(file: Path) -> list[str]:
    """Unique captions of a file, in order: one per line, or in any format that ``data`` reads.

    Raises:
        DataError: the file cannot be read, or has no captions.
    """
    if file.is_dir():
        raise DataError(f"{file} is a folder; give a text file with one caption per line, or any caption file")
    if _is_plain(file):
        lines: Sequence[str] = read_text_file(file).splitlines()
    else:
        dataset = open_dataset(file.parent, file=file, images=file.parent)
        lines = [caption for image in dataset.split("all") for caption in image.captions]
    captions = list(dict.fromkeys(text for line in lines if (text := one_line(line))))
    if not captions:
        raise DataError(f"{file} contains no captions; write one per line")
    return captions


def rank_captions(query: Query, captions: Sequence[str], encoder: DualEncoder, *, k: int = 10) -> list[RankedCaption]:
    """The k captions that fit a photo best; ties keep the given order.

    Raises:
        QueryError: k is below 1, or the photo cannot be read.
    """
    if k < 1:
        raise QueryError(f"k must be at least 1, got {k}")
    photo = embed_query(query, encoder)
    # not "@": its summation order depends on a row's position, so that scores of equal captions could differ
    scores = np.vecdot(encoder.encode_text(captions), photo).clip(-1.0, 1.0)
    best = np.argsort(-scores, kind="stable")[:k]
    return [RankedCaption(rank, captions[row], float(scores[row])) for rank, row in enumerate(best.tolist(), start=1)]


def _is_plain(file: Path) -> bool:
    """True for a text file that is not in the format of a caption file."""
    if kind_of_file(file) != "table" or file.suffix.lower() in TABLE_SUFFIXES:
        return False
    return read_header(start_of_text(file)) is None
