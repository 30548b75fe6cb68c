"""Describe a photo by the built-in list: what ``caption`` answers where a library has no captions."""

import time
from functools import cache
from pathlib import Path

import numpy as np

from twinlens.collection.describing.text_vectors import OnProgress, kept_vectors
from twinlens.collection.searching.answer import Answer
from twinlens.collection.searching.query import Query, embedded
from twinlens.collection.searching.search import Page, Search
from twinlens.errors import QueryError
from twinlens.everyday.agreement import GRADES, Agreement
from twinlens.everyday.descriptions import descriptions
from twinlens.everyday.languages import ENGLISH, Language
from twinlens.protocols import DualEncoder
from twinlens.types import Hit

MOST = 20  # descriptions of a photo that differ; later ones have no grade


def describe(
    query: Query,
    encoder: DualEncoder,
    *,
    page: Page | None = None,
    language: Language = ENGLISH,
    on_progress: OnProgress | None = None,
) -> Answer:
    """The descriptions of the built-in list that fit a photo, best first, each with a grade of its own.

    A grade tells how far the other descriptions that fit agree with this one; ``probability`` is how probable its
    words are on average. Descriptions that say nothing new are left out. The photo is compared with the English list,
    whose words agree best, so each language has the same answer.

    Args:
        query: of photos only.
        encoder: embeds the photo and, once, the list.
        page: which descriptions; 5 by default.
        language: in which they are told.
        on_progress: called while the list is embedded, which happens once for a model.

    Raises:
        QueryError: the query is not of photos, a photo cannot be read.
    """
    if query.kind() != "photo":
        raise QueryError(f"only photos can be described, got {query.understood()}; give a photo")
    started = time.perf_counter()
    page = page or Page(5)
    texts, told = descriptions(), descriptions(language)
    photo = embedded(query, encoder).embedding
    scores = np.vecdot(kept_vectors(texts, encoder, on_progress=on_progress), photo).astype(np.float64)
    worth, probability = _agreement(texts).judge(scores)
    rows = _agreement(texts).different(np.argsort(-worth, kind="stable"), max(MOST, page.offset + page.k))
    grades = GRADES.grades(probability[rows])
    path = Path(next(iter(query.photos()), ""))
    hits = [
        Hit(
            rank=rank,
            id="",
            path=path,
            score=float(scores[row].clip(-1.0, 1.0)),
            probability=float(probability[row]),
            caption=told[row],
            relevant=grade is not None,
            grade=grade,
        )
        for rank, (row, grade) in enumerate(zip(rows, grades, strict=True), start=1)
    ]
    return Answer(
        search=Search(query, page=page, target="caption"),
        hits=hits[page.offset : page.offset + page.k],
        num_candidates=len(texts),
        matched=sum(hit.grade is not None for hit in hits),
        model=encoder.fingerprint,
        took_ms=round((time.perf_counter() - started + query.embedding_s) * 1000, 2),
        grades={grade: grades.count(grade) for grade in ("strong", "likely", "possible")},
        num_entries=len(hits),
        source="built-in",
        language=language,
    )


@cache
def _agreement(texts: tuple[str, ...]) -> Agreement:
    return Agreement(texts)
