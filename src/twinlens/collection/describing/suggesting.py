"""Which tags fit photos: the built-in ones by the everyday descriptions, labels of a file as searches for them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from twinlens.collection.describing.labels import Label
from twinlens.everyday.agreement import GRADES as EVERYDAY_GRADES
from twinlens.everyday.agreement import SHARPNESS, shares
from twinlens.everyday.languages import ENGLISH, Language
from twinlens.everyday.tags import EverydayTags, names_of_tag, tag_in
from twinlens.protocols import Judgement
from twinlens.relevance.evidence import MIN_STD
from twinlens.relevance.maps import Floats
from twinlens.types import GRADES, Embeddings, Grade

HALVINGS = 16  # of the interval of cosines, down to 0.00003
# Of many labels some fit by chance, and some look alike to the model. So labels compete for a photo: a softmax over
# their scores shares it out, and a label with less than half has a grade one lower, with less than a fifth two. On
# 1,000 photos of Flickr8k's val with 831 labels, 79 % of the likely ones were in the captions, and 43 % without that.
SHARES = (0.5, 0.2)


class Suggestion(NamedTuple):
    """A tag that may fit a photo.

    Attributes:
        tag: its name.
        grade: how sure it is.
        probability: in [0, 1]; what a grade is made of, before other labels lower it.
        names: of the same tag in all languages, where it is a built-in one.
    """

    tag: str
    grade: Grade
    probability: float
    names: frozenset[str] = frozenset()


class Suggester(Protocol):
    """Finds the tags that fit photos."""

    def suggest(self, photos: Embeddings) -> list[list[Suggestion]]:
        """All tags with a grade for each of B photos [B, D], the best first."""


@dataclass(frozen=True)
class EverydaySuggester:
    """Suggests built-in tags: how probable the everyday descriptions are that show them.

    Attributes:
        tags: of the list.
        texts: [T, D], the descriptions.
        language: of the tags that are suggested.
    """

    tags: EverydayTags
    texts: Embeddings
    language: Language = ENGLISH

    def suggest(self, photos: Embeddings) -> list[list[Suggestion]]:
        """See ``Suggester``."""
        return [self._of(scores) for scores in (photos @ self.texts.T).astype(np.float64)]

    def _of(self, scores: Floats) -> list[Suggestion]:
        probabilities = self.tags.probabilities(shares(scores)).clip(0.0, 1.0)
        best = np.argsort(-probabilities, kind="stable")[: np.count_nonzero(probabilities >= EVERYDAY_GRADES.possible)]
        grades = EVERYDAY_GRADES.grades(probabilities[best])
        found = [(self.tags.names[row], float(probabilities[row])) for row in best.tolist()]
        return [
            Suggestion(tag_in(self.language, name), grade, probability, names_of_tag(name))
            for (name, probability), grade in zip(found, grades, strict=True)
            if grade is not None
        ]


class LabelSuggester:
    """Suggests labels: each has the grade that a photo has in a search for the best of its phrases, or a lower one.

    It is lower where other labels fit as well; see ``SHARES``.

    Args:
        labels: [L].
        phrases: [F, D], the phrases of all labels, in order.
        judgements: [F], what their scores mean; None for phrases that say nothing.
        everyday: [E, D], common texts, whose scores tell what a difference is worth.
    """

    def __init__(
        self,
        labels: Sequence[Label],
        phrases: Embeddings,
        judgements: Sequence[Judgement | None],
        *,
        everyday: Embeddings,
    ) -> None:
        self._labels, self._phrases, self._judgements, self._everyday = labels, phrases, judgements, everyday
        self._starts = np.concatenate([[0], np.cumsum([len(label.phrases) for label in labels])[:-1]]).astype(np.intp)
        self._ends = np.append(self._starts[1:], len(phrases))
        self._least = np.stack([least_scores(one) for one in judgements]).T.astype(np.float32)  # [3, F]

    def suggest(self, photos: Embeddings) -> list[list[Suggestion]]:
        """See ``Suggester``."""
        scores = photos @ self._phrases.T  # [B, F]
        levels = np.zeros(scores.shape, dtype=np.int8)
        for least in self._least:
            levels += scores >= least
        spreads = (photos @ self._everyday.T).std(axis=1).clip(min=MIN_STD)
        return [self._of(*rows) for rows in zip(scores, levels, spreads, strict=True)]

    def _of(self, scores: NDArray[np.float32], levels: NDArray[np.int8], spread: np.float32) -> list[Suggestion]:
        best = np.maximum.reduceat(scores, self._starts)  # [L]
        likely = np.exp(SHARPNESS * (best - best.max()) / spread)
        part = likely / likely.sum()
        of_labels = np.maximum.reduceat(levels, self._starts)
        for share in SHARES:
            of_labels = of_labels - (part < share)
        found = np.flatnonzero(of_labels > 0)
        found = found[np.lexsort((-best[found], -of_labels[found]))]
        return [self._suggestion(label, int(of_labels[label]), scores, levels) for label in found.tolist()]

    def _suggestion(self, label: int, level: int, scores: NDArray[np.float32], levels: NDArray[np.int8]) -> Suggestion:
        phrases = range(self._starts[label], self._ends[label])
        phrase = max(phrases, key=lambda one: (levels[one], scores[one]))
        judgement = self._judgements[phrase]
        assert judgement is not None, "it has a grade"
        probability = float(judgement.probability([float(scores[phrase])])[0])
        return Suggestion(self._labels[label].name, GRADES[len(GRADES) - level], probability)


def least_scores(judgement: Judgement | None) -> Floats:
    """[3], the least cosine of each grade, "possible" first; infinity where none reaches it.

    A better score never has a lower grade, so halving the interval finds it.
    """
    if judgement is None:
        return np.full(len(GRADES), np.inf)
    wanted = np.arange(len(GRADES)) + 1
    low, high = np.full(len(GRADES), -1.0), np.full(len(GRADES), 1.0)
    reached = _levels(judgement, high) >= wanted
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        is_enough = _levels(judgement, middle) >= wanted
        low, high = np.where(is_enough, low, middle), np.where(is_enough, middle, high)
    return np.where(reached, high, np.inf)


def _levels(judgement: Judgement, scores: Floats) -> NDArray[np.intp]:
    grades = judgement.grades(scores.tolist())
    return np.array([0 if grade is None else len(GRADES) - GRADES.index(grade) for grade in grades])
