"""How well photos find photos of their class: the shared space against features, on a set with ``classes.json``.

Example: .venv/bin/python benchmarks/likeness_quality.py DATA/grocery_store DATA/clothing
"""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from twinlens.collection.catalog.embeddings.features import likeness
from twinlens.data.readers.classes_json import read_classes
from twinlens.embedding.local import embed_photos
from twinlens.model.load import load_model
from twinlens.protocols import Judge
from twinlens.types import Embeddings

Classes: TypeAlias = NDArray[np.int64]
Matches: TypeAlias = Callable[[int, NDArray[np.int64]], NDArray[np.bool_]]


class Measured(NamedTuple):
    """Means over queries, in per cent."""

    recall_at_1: float
    mean_average_precision: float
    precision_at_10: float


def measured(vectors: Embeddings, classes: Classes, matches: Matches | None = None) -> Measured:
    """Each photo asks for the others of its class; those alone in theirs do not ask.

    Args:
        vectors: [N, D], unit rows.
        classes: [N].
        matches: a query's row and the rows of the others → which of these match, and stand first; None for none.
    """
    rights = []
    for row, vector in enumerate(vectors):
        others = np.delete(np.arange(len(vectors)), row)
        order = [-(vectors[others] @ vector)] + ([] if matches is None else [~matches(row, others)])
        ranked = others[np.lexsort(order)]  # the last of them counts first
        if (is_right := classes[ranked] == classes[row]).any():
            rights.append(is_right)
    places = [np.flatnonzero(one) for one in rights]
    averages = [np.mean(np.arange(1, len(one) + 1) / (one + 1)) for one in places]
    means = (np.mean([one[0] for one in rights]), np.mean(averages), np.mean([one[:10].mean() for one in rights]))
    return Measured(*(100 * float(mean) for mean in means))


def graded(embeddings: Embeddings, judge: Judge) -> Matches:
    """Which photos have a grade for a photo: by the cosine in the shared space, as in a search."""

    def matches(row: int, others: NDArray[np.int64]) -> NDArray[np.bool_]:
        judgement = judge.judge(embeddings[row], "photo")
        assert judgement is not None, "the default model grades photos"
        grades = judgement.grades((embeddings[others] @ embeddings[row]).tolist())
        return np.array([grade is not None for grade in grades])

    return matches


def unit(vectors: NDArray[np.float32]) -> Embeddings:
    """[N, D], each row by its length."""
    rows: Embeddings = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return rows


def main() -> None:
    """Prints a table row for each set and way to rank."""
    encoder = load_model("default")
    judge = encoder.relevance()
    assert judge is not None, "the default model has a calibration"
    print("| set | photos | ranked by | R@1 | mAP | P@10 |\n| --- | --- | --- | --- | --- | --- |")
    for place in sys.argv[1:]:
        images = read_classes(Path(place))
        found = embed_photos(images.paths, encoder)
        assert found.features is not None, "the default model has features"
        classes, alike = np.array(images.labels)[found.kept], likeness(found.features)
        rows = {
            "shared space": measured(found.embeddings, classes),
            "features as they are": measured(unit(found.features.astype(np.float32)), classes),
            "likeness": measured(alike, classes),
            "likeness, less the set's mean": measured(unit(alike - alike.mean(axis=0)), classes),
            "likeness, matches first": measured(alike, classes, graded(found.embeddings, judge)),
        }
        for name, means in rows.items():
            print(f"| {Path(place).name} | {len(classes):,} | {name} | {' | '.join(f'{mean:.1f}' for mean in means)} |")


if __name__ == "__main__":
    main()
