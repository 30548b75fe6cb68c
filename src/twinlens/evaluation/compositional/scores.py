"""Scores of compositional cases; ties count against the model."""

import numpy as np
from numpy.typing import NDArray

from twinlens.evaluation.metrics import ROUNDING

Similarities = NDArray[np.float32]
Values = NDArray[np.float64]


def winoground_scores(similarities: Similarities) -> dict[str, Values]:
    """Measure → [C], 100 where the case counts, else 0.

    text_score: each photo prefers its own caption. image_score: each caption prefers its own
    photo. group_score: both (Thrush et al. 2022). A model that guesses gets
    25, 25 and 16.7.

    Args:
        similarities: [C, 2, 2], of photo and caption; the diagonal is right.

    >>> scores = winoground_scores(np.array([[[0.9, 0.1], [0.95, 0.99]]], dtype=np.float32))
    >>> {name: own.tolist() for name, own in scores.items()}
    {'text_score': [100.0], 'image_score': [0.0], 'group_score': [0.0]}
    """
    right = np.diagonal(similarities, axis1=1, axis2=2)  # [C, 2]
    other_caption = similarities[:, [0, 1], [1, 0]]
    other_photo = similarities[:, [1, 0], [0, 1]]
    text = np.all(right > other_caption + ROUNDING, axis=1)
    image = np.all(right > other_photo + ROUNDING, axis=1)
    both = np.logical_and(text, image)
    return {"text_score": _percent(text), "image_score": _percent(image), "group_score": _percent(both)}


def caption_accuracy(similarities: Similarities) -> dict[str, Values]:
    """Measure → [C], 100 where the photo prefers its caption to the wrong one, else 0 (Hsieh et al. 2023).

    Args:
        similarities: [C, 1, 2], of the photo with the right and the wrong caption.

    >>> caption_accuracy(np.array([[[0.9, 0.1]], [[0.5, 0.5]]], dtype=np.float32))["accuracy"].tolist()
    [100.0, 0.0]
    """
    return {"accuracy": _percent(similarities[:, 0, 0] > similarities[:, 0, 1] + ROUNDING)}


def _percent(counted: NDArray[np.bool_]) -> Values:
    return np.where(counted, 100.0, 0.0)


MEASURES = {"winoground": winoground_scores, "sugarcrepe": caption_accuracy}
CHANCE = {"text_score": 25.0, "image_score": 25.0, "group_score": 16.6667, "accuracy": 50.0}
