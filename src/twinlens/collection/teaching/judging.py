"""What the scores of a word of one's own mean.

A direction that was learnt from a few photos has other scores than a text, so the model's calibration does not hold
for it. The map was fitted on 81 products, each learnt from five of its 14 photos, and found among 1,134 photos of
products and 2,863 others: of what it calls likely about half is right where look-alikes abound, of what it calls strong
five in six.
"""

import numpy as np

from twinlens.relevance.background import robust_scale
from twinlens.relevance.evidence import ScoreScale
from twinlens.relevance.judge import Judgement
from twinlens.relevance.maps import GradeThresholds, LogisticMap, RelevanceMap
from twinlens.types import Embeddings

MAP = RelevanceMap(
    hit=LogisticMap(intercept=-8.7, weights={"z": 0.97}),
    grades=GradeThresholds(strong=0.9, likely=0.45, possible=0.03),  # at 11.2, 8.8 and 5.4
)


def judgement_of_word(direction: Embeddings, library: Embeddings) -> Judgement:
    """By the lower half of the scores of a direction [D] on photos of the library [N, D]."""
    middle, spread = robust_scale((library @ direction)[None].astype(np.float64))
    return Judgement(MAP, ScoreScale(middle, spread, np.full(1, 3.0)))
