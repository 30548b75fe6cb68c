"""Made-up queries whose right photos score higher than others."""

import numpy as np

from twinlens.evaluation.relevance.trials import LabelledQueries, Trial, draw_trials
from twinlens.relevance.evidence import ScoreScale


def world(*, queries: int = 300, photos: int = 200, gap: float = 0.4, seed: int = 0) -> LabelledQueries:
    """Each query has one right photo, that scores about ``gap`` above the others; half of the queries are sentences."""
    random = np.random.default_rng(seed)
    labels = np.zeros((queries, photos), dtype=np.int8)
    labels[np.arange(queries), random.integers(0, photos, queries)] = 1
    scores = random.normal(0.05, 0.1, (queries, photos)) + gap * labels
    same = np.ones(queries)
    line = np.where(np.arange(queries) % 2 == 0, "words, en", "sentences")
    return LabelledQueries(line, labels, scores, ScoreScale(0.05 * same, 0.1 * same, 3 * same))


def libraries(queries: LabelledQueries, sizes: dict[int, int], *, seed: int = 0) -> list[Trial]:
    return list(draw_trials(queries, sizes, rows=np.arange(queries.labels.shape[1]), seed=seed))
