"""Measure a model on a compositional set."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from twinlens.embedding.local import embed_photos
from twinlens.embedding.on_cluster import ClusterEmbedding
from twinlens.errors import DataError
from twinlens.evaluation.bootstrap import middle_95, resampled_means
from twinlens.evaluation.compositional.cases import Case, CompositionalSet
from twinlens.evaluation.compositional.report import CategoryScores, CompositionalReport
from twinlens.evaluation.compositional.scores import MEASURES, Values
from twinlens.evaluation.contamination import find_trained_on
from twinlens.evaluation.text_embeddings import embed_texts
from twinlens.protocols import DualEncoder


def evaluate_compositional(
    encoder: DualEncoder,
    data: CompositionalSet,
    *,
    on_progress: Callable[[int, int], None] | None = None,
    on_texts: Callable[[int, int], None] | None = None,
    on_compared: Callable[[int, int], None] | None = None,
    on: ClusterEmbedding | None = None,
) -> CompositionalReport:
    """Embeds each photo and caption once, and counts the cases in which the right pairs are closest.

    Args:
        encoder: the model.
        data: the cases.
        on_progress: called with the number of photos embedded and the total.
        on_texts: called afterwards with the number of captions embedded and the total.
        on_compared: called afterwards with the number of photos compared with the model's training photos.
        on: the machines that embed; None = this process.

    Raises:
        DataError: no case has photos that can be read.
    """
    paths = list(dict.fromkeys(photo for case in data.cases for photo in case.photos))
    done = (lambda count: on_progress(count, len(paths))) if on_progress else None
    photos = (on.embed_photos if on else embed_photos)(paths, encoder, on_progress=done)
    row_of = {paths[number]: row for row, number in enumerate(photos.kept)}
    cases = [case for case in data.cases if all(photo in row_of for photo in case.photos)]
    if not cases:
        raise DataError(f"none of the {len(data.cases):,} cases of {data.name} has photos that can be read")
    captions = list(dict.fromkeys(caption for case in cases for caption in case.captions))
    texts = (on.embed_texts if on else embed_texts)(captions, encoder, on_progress=on_texts)
    place = {caption: row for row, caption in enumerate(captions)}
    own_photos = photos.embeddings[[[row_of[photo] for photo in case.photos] for case in cases]]  # [C, P, D]
    own_texts = texts[[[place[caption] for caption in case.captions] for case in cases]]  # [C, 2, D]
    values = MEASURES[data.kind](np.einsum("cpd,ctd->cpt", own_photos, own_texts))
    trained = find_trained_on(encoder, [paths[number] for number in photos.kept], on_progress=on_compared, on=on)
    categories = _by_category(cases, values)
    return CompositionalReport(
        data=data.name,
        kind=data.kind,
        n_images=len(row_of),
        whole=_scores("all", cases, values, np.arange(len(cases))),
        categories=categories,
        mean_of_categories={
            name: round(float(np.mean([own.figures[name] for own in categories])), 4) for name in values
        },
        model=encoder.fingerprint,
        skipped=tuple(photos.skipped),
        num_trained_on=None if trained is None else sum(trained),
    )


def _by_category(cases: Sequence[Case], values: dict[str, Values]) -> tuple[CategoryScores, ...]:
    names = np.array([case.category for case in cases])
    return tuple(
        _scores(name, cases, values, np.flatnonzero(names == name))
        for name in dict.fromkeys(case.category for case in cases)
    )


def _scores(name: str, cases: Sequence[Case], values: dict[str, Values], rows: NDArray[np.int64]) -> CategoryScores:
    # the cases of one photo are not independent
    units = np.unique([str(cases[row].photos[0]) for row in rows], return_inverse=True)[1]
    own = np.column_stack([column[rows] for column in values.values()])
    drawn = resampled_means(own, units)
    figures = {measure: round(float(mean), 4) for measure, mean in zip(values, own.mean(axis=0), strict=True)}
    return CategoryScores(
        name, len(rows), figures, {measure: middle_95(column) for measure, column in zip(values, drawn.T, strict=True)}
    )
