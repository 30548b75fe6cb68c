"""Captions that come with the question: read from a file, embedded, and ranked for one photo."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from twinlens.collection.searching.query import Query, embed_query
from twinlens.data.find import kind_of_file, open_dataset
from twinlens.data.one_line import one_line
from twinlens.data.readers.table import CAPTION_COLUMNS, IMAGE_COLUMNS
from twinlens.errors import DataError, QueryError
from twinlens.protocols import DualEncoder

TABLE_SUFFIXES = (".csv", ".tsv", ".jsonl")


@dataclass(frozen=True, slots=True)
class RankedCaption:
    """A caption without a photo of its own.

    Attributes:
        rank: place in the answer, 1 = first.
        caption: the text.
        score: cosine in [-1, 1], higher is better.
        probability: calibrated probability of relevance in [0, 1]; None when
            the model carries no calibration.
    """

    rank: int
    caption: str
    score: float
    probability: float | None = None


def read_candidates(file: Path) -> list[str]:
    """Captions of a file, each once, in its order: one a line, or of any kind that ``data`` reads.

    Raises:
        DataError: it cannot be read, or holds no caption.
    """
    if file.is_dir():
        raise DataError(f"{file} is a folder; give a file with one caption a line, or any file of captions")
    if _is_plain(file):
        try:
            lines: Sequence[str] = file.read_text(encoding="utf-8-sig").splitlines()
        except (OSError, ValueError) as error:
            raise DataError(f"{file} cannot be read as a text of captions: {error}") from error
    else:
        dataset = open_dataset(file.parent, file=file, images=file.parent)
        lines = [caption for image in dataset.split("all") for caption in image.captions]
    captions = list(dict.fromkeys(text for line in lines if (text := one_line(line))))
    if not captions:
        raise DataError(f"{file} holds no captions; expected one a line")
    return captions


def rank_candidates(query: Query, captions: Sequence[str], encoder: DualEncoder, *, k: int = 10) -> list[RankedCaption]:
    """The k captions that fit a photo best; equal ones in the order given.

    Raises:
        QueryError: k is below 1, or the photo cannot be read.
    """
    if k < 1:
        raise QueryError(f"k must be at least 1, got {k}")
    photo = embed_query(query, encoder)
    # not "@": it sums a row differently depending on its place, so that equal captions would differ in the last bit
    scores = np.vecdot(encoder.encode_text(captions), photo).clip(-1.0, 1.0)
    best = np.argsort(-scores, kind="stable")[:k]
    return [RankedCaption(rank, captions[row], float(scores[row])) for rank, row in enumerate(best.tolist(), start=1)]


def _is_plain(file: Path) -> bool:
    """True for a text without the form of any kind of captions' file."""
    if kind_of_file(file) != "table" or file.suffix.lower() in TABLE_SUFFIXES:
        return False
    with file.open(encoding="utf-8-sig", errors="replace") as lines:
        header = {name.strip(' "').lower() for name in re.split(r"[|,\t]", lines.readline().rstrip())}
    return header.isdisjoint(IMAGE_COLUMNS) or header.isdisjoint(CAPTION_COLUMNS)
