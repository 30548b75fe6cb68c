"""Photos judged by looking: which concepts each one shows, in many languages, and a sentence that describes it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from twinlens.errors import DataError
from twinlens.evaluation.relevance.trials import NOT_RELEVANT, RELEVANT, UNSURE
from twinlens.evaluation.relevance.wordings import WORDINGS

Half: TypeAlias = Literal["fit", "measure"]
ALIKE = 0.5  # share of concepts that two photos have in common, from which on a sentence about one may fit the other
RARE = 0.06  # share of the photos that show a concept, up to which two photos that share it are alike
WORDS, SENTENCES = "words", "sentences"


@dataclass(frozen=True)
class JudgedPhotos:
    """The concepts and the photos of one half, each concept judged on each photo.

    Attributes:
        concepts: names by language, ``en`` first.
        files: [N], relative to the folder of the data.
        sentences: [N], one for each photo.
        shows: [C, N] ``RELEVANT``, ``NOT_RELEVANT`` or ``UNSURE``.
    """

    concepts: Sequence[Mapping[str, str]]
    files: Sequence[str]
    sentences: Sequence[str]
    shows: NDArray[np.int8]

    @property
    def languages(self) -> list[str]:
        """Codes such as ``en``."""
        return list(self.concepts[0])

    def words(self, languages: Sequence[str]) -> tuple[list[str], list[str], NDArray[np.int8]]:
        """Queries of a word or a few: their lines [Q], texts [Q] and labels [Q, N]."""
        lines = [f"{WORDS}, {language}" for language in languages for _ in self.concepts]
        texts = [concept[language] for language in languages for concept in self.concepts]
        return lines, texts, np.tile(self.shows, (len(languages), 1))

    def wordings(self) -> tuple[list[str], list[str], NDArray[np.int8]]:
        """The English words worded otherwise, as ``words``; those that cannot be are left out."""
        lines: list[str] = []
        texts: list[str] = []
        rows: list[int] = []
        for example, wording in WORDINGS.items():
            for row, concept in enumerate(self.concepts):
                if (text := wording(concept["en"])) is not None:
                    lines.append(f"{WORDS}, {example}")
                    texts.append(text)
                    rows.append(row)
        return lines, texts, self.shows[rows]

    def described(self) -> tuple[list[str], list[str], NDArray[np.int8]]:
        """The sentences, as ``words``: each is right for its photo, and unsure for photos of much the same things."""
        common = self.in_common()
        labels = np.where(common >= ALIKE, UNSURE, NOT_RELEVANT).astype(np.int8)
        np.fill_diagonal(labels, RELEVANT)
        return [SENTENCES] * len(self.sentences), list(self.sentences), labels

    def in_common(self) -> NDArray[np.float64]:
        """[N, N], concepts that two photos share, of those that either shows."""
        shows = (self.shows == RELEVANT).astype(np.float64)
        both = shows.T @ shows
        counts = shows.sum(axis=0)
        common: NDArray[np.float64] = both / np.maximum(counts[:, None] + counts[None] - both, 1.0)
        return common

    def alike(self) -> NDArray[np.int8]:
        """[N, N], whether two photos are alike: they share something rare; unsure if they share much else."""
        shows = self.shows == RELEVANT
        rare = shows[shows.mean(axis=1) <= RARE].astype(np.int64)
        return np.where(
            rare.T @ rare > 0, RELEVANT, np.where(self.in_common() >= ALIKE / 2, UNSURE, NOT_RELEVANT)
        ).astype(np.int8)


def read_judged(file: Path, half: Half) -> JudgedPhotos:
    """The concepts and photos of one half.

    Raises:
        DataError: the file is not there, or not of this kind.
    """
    try:
        fields: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        concepts = [one for one in fields["concepts"] if one["half"] == half]
        photos = [one for one in fields["photos"] if one["half"] == half]
        shows = np.full((len(concepts), len(photos)), NOT_RELEVANT, dtype=np.int8)
        row_of = {one["n"]: row for row, one in enumerate(concepts)}
        for column, photo in enumerate(photos):
            for label, numbers in ((UNSURE, photo["maybe"]), (RELEVANT, photo["shows"])):
                shows[[row_of[number] for number in numbers if number in row_of], column] = label
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise DataError(f"{file} cannot be read as judged photos ({type(error).__name__}: {error})") from error
    names = [{key: name for key, name in one.items() if key not in {"n", "half"}} for one in concepts]
    return JudgedPhotos(names, [one["file"] for one in photos], [one["sentence"] for one in photos], shows)
