"""A lesson: learn a head from captions and feedback, and keep it only if it is better beyond chance."""

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from twinlens.collection.catalog.catalog import Catalog
from twinlens.collection.catalog.rows import ModelRecord
from twinlens.collection.teaching.directions import rows_of
from twinlens.collection.teaching.head import Head, digest, train
from twinlens.collection.teaching.pairs import Pairs, pairs_of
from twinlens.collection.teaching.subjects import PICTURE, QUERY, shown
from twinlens.collection.teaching.worth import Worth, measure, mrr
from twinlens.counted import counted
from twinlens.errors import NothingToLearnError
from twinlens.types import Embeddings, Ids

FEWEST_PHOTOS = 40  # with texts: of fewer, those that are held out tell nothing
STRENGTHS = (0.25, 0.5, 1.0)  # of the head; which one is best is measured on photos that it has not learnt from


@dataclass(frozen=True)
class LessonReport:
    """What a lesson came to.

    Attributes:
        is_kept: whether it is used from now on.
        worth: measured on photos that were held out.
        num_pairs: of texts and photos, all together.
        num_photos: with texts.
        seconds: that it took.
    """

    is_kept: bool
    worth: Worth
    num_pairs: int
    num_photos: int
    seconds: float

    def told(self) -> str:
        """The result in a line."""
        worth = self.worth
        measured = f"on {counted(worth.num_pairs, 'text')} of {counted(worth.num_photos, 'photo')} held out"
        figures = f"R@10 {worth.recall_at_10}; MRR {worth.mrr}"
        if self.is_kept:
            use = "" if worth.is_better_for_captions else ", so captions of photos are found as before"
            from_photos = f"from photos to texts MRR {worth.caption_mrr}{use}"
            return f"learnt from {counted(self.num_pairs, 'text')}; {measured}: {figures}; {from_photos}"
        return f"nothing was changed, because what was learnt is not better {measured}: {figures}"

    def to_json(self) -> dict[str, Any]:
        """The fields of ``twinlens teach --json``."""
        return {
            "is_kept": self.is_kept,
            "num_pairs": self.num_pairs,
            "num_photos": self.num_photos,
            "seconds": round(self.seconds, 2),
            "held_out": self.worth.to_json(),
        }


def learn(catalog: Catalog, model: ModelRecord, encode: Callable[[Sequence[str]], Embeddings]) -> LessonReport:
    """Learns from all captions and feedback of a catalog; a lesson that is not better is not kept.

    Args:
        catalog: of the collection.
        model: of its vectors.
        encode: embeds texts.

    Raises:
        NothingToLearnError: too few photos have texts.
    """
    started = time.perf_counter()
    with catalog.snapshot():
        ids = catalog.select_ids()
        photos = rows_of(catalog.embeddings(ids))
        pairs = _pairs(catalog, ids, encode)
    if photos is None or pairs is None or pairs.num_photos < FEWEST_PHOTOS:
        found = 0 if pairs is None else pairs.num_photos
        raise NothingToLearnError(
            f"a lesson needs {FEWEST_PHOTOS} photos with captions, or called good for a query, and there "
            f"{'is' if found == 1 else 'are'} {found}; add captions ('twinlens index --captions FILE') or feedback, "
            "or teach a single word from a few photos: twinlens teach WORD PHOTO…"
        )
    to_learn, to_choose, held_out = pairs.split()
    learnt = train(to_learn, photos, model.fingerprint)
    heads = [Head(learnt.model, learnt.weights * np.float32(strength)) for strength in STRENGTHS]
    best = max(heads, key=lambda head: mrr(head, to_choose, photos))
    worth = measure(best, held_out, photos, every=pairs)
    report = LessonReport(worth.is_better, worth, len(pairs), pairs.num_photos, time.perf_counter() - started)
    if report.is_kept:
        weights = best.to_bytes()
        figures = {**report.to_json(), "of_captions": worth.is_better_for_captions, "digest": digest(weights)}
        catalog.feedback.put_lesson(model.fingerprint, json.dumps(figures), weights)
    return report


def _pairs(catalog: Catalog, ids: Ids, encode: Callable[[Sequence[str]], Embeddings]) -> Pairs | None:
    """Captions, which are embedded already, and queries with opinions, which are embedded now."""
    row_of = {photo_id: row for row, photo_id in enumerate(ids.tolist())}
    good: list[tuple[str, int]] = []
    bad: list[tuple[str, int]] = []
    texts: dict[str, Embeddings] = {}
    table = catalog.captions
    if not table.is_empty():
        captions = table.select_ids()
        vectors = rows_of(table.embeddings(captions))
        records = table.photos(captions.tolist())
        for number, caption in enumerate(captions.tolist()):
            record = records.get(caption)
            if record is not None and record.caption and vectors is not None and record.id in row_of:
                good.append((record.caption, row_of[record.id]))
                texts[record.caption] = vectors[number]
    for subject in catalog.feedback.subjects():
        text = shown(subject)
        if not subject.startswith(QUERY) or PICTURE in subject or " × " in subject or " + " in subject:
            continue
        liked, disliked = catalog.feedback.of(subject)
        good += [(text, row_of[one]) for one in liked.tolist() if one in row_of]
        bad += [(text, row_of[one]) for one in disliked.tolist() if one in row_of]
    unknown = sorted({text for text, _ in good if text not in texts})
    if unknown:
        texts.update(zip(unknown, encode(unknown), strict=True))
    return pairs_of(good, texts, bad) if good else None
