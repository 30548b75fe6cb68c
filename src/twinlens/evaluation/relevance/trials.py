"""Queries with relevance labels, run on collections of any size: the data to fit and measure a calibration on."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from twinlens.evaluation.pairs import EmbeddedPairs
from twinlens.evaluation.relevance.naming import CaptionWords
from twinlens.relevance.judge import ScoreScale, score_scale
from twinlens.types import Embeddings

TOP = 10
RELEVANT, NOT_RELEVANT, UNSURE = 1, 0, -1
SURE_CAPTIONS = 2  # a photo is relevant to a short query if so many captions mention it; with fewer it is unsure
Group: TypeAlias = Literal["caption", "concept", "photo", "absent", "left out"]
"""A caption, a short query or a photo that has relevant photos in the collection; an absent thing, which no
photo of Flickr8k shows; or a query of the first three kinds whose relevant photos were all left out."""
WITH_RELEVANT: tuple[Group, ...] = ("caption", "concept", "photo")


@dataclass(frozen=True, eq=False)
class Trial:
    """Q queries on one collection of N photos, with the K best hits of each.

    Attributes:
        group: [Q].
        scores: [Q, K], best first.
        labels: [Q, K], ``RELEVANT``, ``NOT_RELEVANT`` or ``UNSURE``.
        own: [Q, K], whether the hit is the photo that the caption was written for.
        scale: of the queries, [Q] each.
        num_candidates: N.
    """

    group: NDArray[np.str_]
    scores: NDArray[np.float64]
    labels: NDArray[np.int8]
    own: NDArray[np.bool_]
    scale: ScoreScale
    num_candidates: int


@dataclass(frozen=True, eq=False)
class LabelledQueries:
    """Q queries with relevance labels on a pool of N photos.

    Attributes:
        group: [Q], caption, concept, absent or photo.
        vectors: [Q, D].
        labels: [Q, N].
        photo: [Q], row of the photo that a caption was written for, or that a photo query is; −1 if none.
        scores: [Q, N]; −inf where a photo would find itself.
        scale: of the queries.
    """

    group: NDArray[np.str_]
    vectors: Embeddings
    labels: NDArray[np.int8]
    photo: NDArray[np.int64]
    scores: NDArray[np.float64]
    scale: ScoreScale

    def search(self, rows: NDArray[np.int64]) -> Trial:
        """Runs the queries on a collection of some of the pool's photos, except those without sure labels there."""
        labels, scores = self.labels[:, rows], self.scores[:, rows]
        has_relevant = (labels == RELEVANT).any(axis=1)
        is_here = np.isin(self.photo, rows)
        group = np.where(has_relevant, self.group, np.where((labels == UNSURE).any(axis=1), "unsure", "left out"))
        group[self.group == "absent"] = np.where(has_relevant, "unsure", "absent")[self.group == "absent"]
        # captions stand for queries about a photo in the collection, not for those that other photos happen to fit
        group[(self.group == "caption") & has_relevant & ~is_here] = "unsure"
        group[(self.group == "photo") & (len(rows) - is_here < 1)] = "unsure"
        asked = np.flatnonzero(group != "unsure")
        best = np.argsort(-scores[asked], axis=1, kind="stable")[:, :TOP]
        top = np.take_along_axis(scores[asked], best, axis=1)
        found = np.where(np.isfinite(top), np.take_along_axis(labels[asked], best, axis=1), UNSURE)
        return Trial(
            group[asked],
            np.where(np.isfinite(top), top, -1.0),
            found.astype(np.int8),
            rows[best] == self.photo[asked, None],
            ScoreScale(*(column[asked] for column in self.scale)),
            len(rows),
        )


def text_queries(
    pool: EmbeddedPairs,
    asking: NDArray[np.int64],
    short: Mapping[str, tuple[Sequence[str], Embeddings]],
    reference: Embeddings,
) -> LabelledQueries:
    """Captions of some of the pool's photos, and short queries.

    A photo is relevant to a caption if the caption was written for it, or if its captions
    together have all content words of the query; to a short query if two of its captions have.

    Args:
        pool: captioned photos.
        asking: rows of the photos whose captions are queries.
        short: "concept" and "absent" → texts and their embeddings [·, D].
        reference: [R, D], the calibration's reference photos.
    """
    words = CaptionWords(pool)
    rows = np.flatnonzero(np.isin(pool.text_image_index, asking))
    photo = pool.text_image_index[rows]
    labels = [words.mention([pool.captions[row] for row in rows]).astype(np.int8)]
    labels[0][np.arange(len(rows)), photo] = RELEVANT
    groups, vectors = [np.full(len(rows), "caption", dtype="<U8")], [pool.texts[rows]]
    for group, (texts, embeddings) in short.items():
        mentions = words.count_mentions(texts)
        labels.append(
            np.where(mentions >= SURE_CAPTIONS, RELEVANT, np.where(mentions > 0, UNSURE, NOT_RELEVANT)).astype(np.int8)
        )
        if group == "absent":
            labels[-1][mentions > 0] = RELEVANT  # what one caption mentions is not absent
        groups.append(np.full(len(texts), group, dtype="<U8"))
        vectors.append(embeddings)
    queries = np.concatenate(vectors)
    photos = np.concatenate([photo, np.full(len(queries) - len(photo), -1)])
    scores = (queries @ pool.images.T).astype(np.float64)
    scale = score_scale(queries, reference)
    return LabelledQueries(np.concatenate(groups), queries, np.concatenate(labels), photos, scores, scale)


def photo_queries(pool: EmbeddedPairs, asking: NDArray[np.int64], reference: Embeddings) -> LabelledQueries:
    """Some of the pool's photos, which do not find themselves.

    Another photo is relevant if its captions together have all content words of one of the
    query photo's captions.
    """
    words = CaptionWords(pool)
    vectors = pool.images[asking]
    rows = np.flatnonzero(np.isin(pool.text_image_index, asking))
    mentioned = words.mention([pool.captions[row] for row in rows])  # [captions, N]
    owner = pool.text_image_index[rows]
    labels = np.stack([mentioned[owner == photo].any(axis=0) for photo in asking]).astype(np.int8)
    scores = (vectors @ pool.images.T).astype(np.float64)
    scores[np.arange(len(asking)), asking] = -np.inf
    labels[np.arange(len(asking)), asking] = NOT_RELEVANT
    group = np.full(len(asking), "photo", dtype="<U8")
    return LabelledQueries(group, vectors, labels, asking, scores, score_scale(vectors, reference))


def draw_trials(
    queries: LabelledQueries,
    repeats: dict[int, int],
    *,
    core: NDArray[np.int64],
    filling: NDArray[np.int64],
    seed: int = 0,
) -> Iterator[Trial]:
    """Runs the queries on random collections.

    Args:
        queries: labelled on a pool.
        repeats: size of a collection → how many of that size to draw.
        core: rows of the pool that collections are drawn from; a larger one has all of them.
        filling: rows that fill up collections larger than the core.
        seed: of the draws.
    """
    random = np.random.default_rng(seed)
    for size, times in repeats.items():
        for _ in range(times):
            rows = random.choice(core, min(size, len(core)), replace=False)
            if size > len(core):
                more = random.choice(filling, min(size - len(core), len(filling)), replace=False)
                rows = np.concatenate([rows, more])
            yield queries.search(np.sort(rows))


def short_queries(name: str) -> tuple[str, ...]:
    """One of the lists beside this file: ``concepts``, ``absent_fitting`` or ``absent_measuring``."""
    return tuple(Path(__file__).with_name(f"{name}.txt").read_text(encoding="utf-8").splitlines())
