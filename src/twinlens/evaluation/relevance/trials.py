"""Queries with known answers, asked of collections of any size: what a calibration is fitted and measured on."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from twinlens.evaluation.pairs import EmbeddedPairs
from twinlens.evaluation.relevance.naming import Naming
from twinlens.relevance.judge import Scale, score_scale
from twinlens.types import Embeddings

TOP = 10
RELEVANT, NOT_RELEVANT, UNSURE = 1, 0, -1
SURE_CAPTIONS = 2  # of a photo's captions must name a short query; where one does, nobody knows
Group: TypeAlias = Literal["caption", "concept", "photo", "absent", "left out"]
"""A caption of a photo that is there, a short query or a photo with right answers there, a thing that is nowhere
in Flickr8k, or a query of the other kinds whose right answers were all left out."""
WITH_ANSWER: tuple[Group, ...] = ("caption", "concept", "photo")


@dataclass(frozen=True, eq=False)
class Trial:
    """Q queries to one collection of N photos, with the K best hits of each.

    Attributes:
        group: [Q].
        scores: [Q, K], best first.
        labels: [Q, K], ``RELEVANT``, ``NOT_RELEVANT`` or ``UNSURE``.
        own: [Q, K], whether the hit is the very photo that the caption was written for.
        scale: of the queries, [Q] each.
        num_candidates: N.
    """

    group: NDArray[np.str_]
    scores: NDArray[np.float64]
    labels: NDArray[np.int8]
    own: NDArray[np.bool_]
    scale: Scale
    num_candidates: int


@dataclass(frozen=True, eq=False)
class Questions:
    """Q queries with their labels over a pool of N photos.

    Attributes:
        kind: [Q], caption, concept, absent or photo.
        vectors: [Q, D].
        labels: [Q, N].
        photo: [Q], the row that a caption was written for, or that a photo is; −1 without.
        scores: [Q, N]; −inf where a photo would find itself.
        scale: of the queries.
    """

    kind: NDArray[np.str_]
    vectors: Embeddings
    labels: NDArray[np.int8]
    photo: NDArray[np.int64]
    scores: NDArray[np.float64]
    scale: Scale

    def ask(self, rows: NDArray[np.int64]) -> Trial:
        """Asks those of the questions that make sense of a collection of some of the pool's photos."""
        labels, scores = self.labels[:, rows], self.scores[:, rows]
        has = (labels == RELEVANT).any(axis=1)
        here = np.isin(self.photo, rows)
        group = np.where(has, self.kind, np.where((labels == UNSURE).any(axis=1), "unsure", "left out"))
        group[self.kind == "absent"] = np.where(has, "unsure", "absent")[self.kind == "absent"]
        group[(self.kind == "caption") & has & ~here] = "unsure"  # named by others alone: no caption of this collection
        group[(self.kind == "photo") & (len(rows) - here < 1)] = "unsure"
        asked = np.flatnonzero(group != "unsure")
        best = np.argsort(-scores[asked], axis=1, kind="stable")[:, :TOP]
        top = np.take_along_axis(scores[asked], best, axis=1)
        found = np.where(np.isfinite(top), np.take_along_axis(labels[asked], best, axis=1), UNSURE)
        return Trial(
            group[asked],
            np.where(np.isfinite(top), top, -1.0),
            found.astype(np.int8),
            rows[best] == self.photo[asked, None],
            Scale(*(column[asked] for column in self.scale)),
            len(rows),
        )


def word_questions(
    pool: EmbeddedPairs,
    asking: NDArray[np.int64],
    short: dict[str, tuple[Sequence[str], Embeddings]],
    reference: Embeddings,
) -> Questions:
    """Captions of some of the pool's photos, and short queries.

    A photo is relevant to a caption when the caption was written for it, or its captions
    together name every content word of it; to a short query when two captions name it.

    Args:
        pool: captioned photos.
        asking: rows of photos whose captions are asked.
        short: "concept" and "absent" → texts and their embeddings [·, D].
        reference: [R, D], photos of the calibration.
    """
    naming = Naming(pool)
    rows = np.flatnonzero(np.isin(pool.text_image_index, asking))
    photo = pool.text_image_index[rows]
    labels = [naming.together([pool.captions[row] for row in rows]).astype(np.int8)]
    labels[0][np.arange(len(rows)), photo] = RELEVANT
    kinds, vectors = [np.full(len(rows), "caption", dtype="<U8")], [pool.texts[rows]]
    for kind, (texts, embeddings) in short.items():
        alone = naming.alone(texts)
        labels.append(
            np.where(alone >= SURE_CAPTIONS, RELEVANT, np.where(alone > 0, UNSURE, NOT_RELEVANT)).astype(np.int8)
        )
        if kind == "absent":
            labels[-1][alone > 0] = RELEVANT  # named once is not absent
        kinds.append(np.full(len(texts), kind, dtype="<U8"))
        vectors.append(embeddings)
    asked = np.concatenate(vectors)
    photos = np.concatenate([photo, np.full(len(asked) - len(photo), -1)])
    scores = (asked @ pool.images.T).astype(np.float64)
    return Questions(
        np.concatenate(kinds), asked, np.concatenate(labels), photos, scores, score_scale(asked, reference)
    )


def photo_questions(pool: EmbeddedPairs, asking: NDArray[np.int64], reference: Embeddings) -> Questions:
    """Some of the pool's photos, which do not find themselves.

    Another photo is relevant when its captions name all of what one of the asking
    photo's captions names.
    """
    naming = Naming(pool)
    vectors = pool.images[asking]
    rows = np.flatnonzero(np.isin(pool.text_image_index, asking))
    named = naming.together([pool.captions[row] for row in rows])  # [captions, N]
    owner = pool.text_image_index[rows]
    labels = np.stack([named[owner == photo].any(axis=0) for photo in asking]).astype(np.int8)
    scores = (vectors @ pool.images.T).astype(np.float64)
    scores[np.arange(len(asking)), asking] = -np.inf
    labels[np.arange(len(asking)), asking] = NOT_RELEVANT
    kind = np.full(len(asking), "photo", dtype="<U8")
    return Questions(kind, vectors, labels, asking, scores, score_scale(vectors, reference))


def trials(
    questions: Questions, repeats: dict[int, int], *, first: NDArray[np.int64], then: NDArray[np.int64], seed: int = 0
) -> Iterator[Trial]:
    """Asks random collections of the sizes wanted.

    Args:
        questions: over a pool.
        repeats: photos in a collection → how many such collections.
        first: rows that collections are drawn from, and belong to every larger one.
        then: rows that fill larger ones up.
        seed: of the draws.
    """
    draw = np.random.default_rng(seed)
    for size, times in repeats.items():
        for _ in range(times):
            rows = draw.choice(first, min(size, len(first)), replace=False)
            if size > len(first):
                rows = np.concatenate([rows, draw.choice(then, min(size - len(first), len(then)), replace=False)])
            yield questions.ask(np.sort(rows))


def short_queries(name: str) -> tuple[str, ...]:
    """A list beside this file: ``concepts``, ``absent_fitting`` or ``absent_measuring``."""
    return tuple(Path(__file__).with_name(f"{name}.txt").read_text(encoding="utf-8").splitlines())
