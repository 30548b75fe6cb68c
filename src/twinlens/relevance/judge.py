"""Judges hits by a model's calibration: probability and grade, from the query and the photo alone."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from twinlens.relevance.evidence import UNKNOWN_SCALE, ScoreScale, score_features, score_scale
from twinlens.relevance.maps import Calibration, Floats, RelevanceMap
from twinlens.types import Embeddings, Grade, QueryKind

COPY = 0.9995  # cosine of two photos from which on they are one picture; saving a JPEG anew leaves more, as a rule


@dataclass(frozen=True)
class Judgement:
    """What the scores of one query mean.

    Attributes:
        relevance_map: of the query's kind.
        scale: of the query.
        copy: score from which on a hit is certain; None if no score is.
    """

    relevance_map: RelevanceMap
    scale: ScoreScale
    copy: float | None = None

    def probability(self, scores: Sequence[float]) -> Floats:
        """[K], probability that each hit is right; monotonic in the score."""
        rows = np.array([scores], dtype=np.float64)
        probabilities: Floats = self.relevance_map.hit.probabilities(score_features(rows, self.scale))[0]
        return probabilities if self.copy is None else np.where(rows[0] >= self.copy, 1.0, probabilities)

    def grades(self, scores: Sequence[float]) -> list[Grade | None]:
        """The grade of each of K hits; a better score has never a lower one."""
        return self.grades_of(self.probability(scores))

    def grades_of(self, probabilities: Sequence[float] | Floats) -> list[Grade | None]:
        """The grade of each of K probabilities."""
        return self.relevance_map.grades.grades(np.asarray(probabilities, dtype=np.float64))


class RelevanceJudge:
    """Judges the hits of one model.

    Args:
        calibration: from the model's bundle.
        reference: [R, D], embeddings of the reference photos, unit rows.
    """

    def __init__(self, calibration: Calibration, reference: Embeddings) -> None:
        self.calibration, self._reference = calibration, reference

    def judge(self, query: Embeddings, kind: QueryKind) -> Judgement | None:
        """What scores of a query mean; None for a kind of query that is not calibrated.

        Args:
            query: [D], unit length.
            kind: what the query is made of.
        """
        relevance_map = self.calibration.text if kind == "text" else self.calibration.photo
        if relevance_map is None:
            return None
        by_score = relevance_map.hit.weights.keys() == {"score"}
        scale = UNKNOWN_SCALE if by_score else score_scale(query[None], self._reference)
        return Judgement(relevance_map, scale, copy=COPY if kind == "photo" else None)
