"""A residual head on the vectors of texts: a query q becomes q + q·A, so no photo's vector changes.

A [D, D] starts as zero and learns by the contrastive loss of CLIP (Radford et al., 2021; InfoNCE of van den Oord et
al., 2018) that each text finds its own photo before the others of the batch and before the photos that it found
wrongly (mined negatives, as in Faghri et al., "VSE++", 2018). Plain NumPy with Adam (Kingma and Ba, 2015).
"""

import hashlib
import json
import logging
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from twinlens.collection.catalog.feedback import Lesson
from twinlens.collection.teaching.directions import unit
from twinlens.collection.teaching.pairs import Pairs
from twinlens.types import Embeddings, Ids

logger = logging.getLogger(__name__)
SCALE = 30.0  # 1 / temperature, near that of trained dual encoders
EPOCHS, FEWEST_STEPS, MOST_STEPS = 10, 100, 200
BATCH = 256
LEARNING_RATE = 3e-4
DECAY = np.float32(1e-3)  # pulls towards the model as it was
MINED = 4  # wrong photos for each text
MINED_AMONG = 4096  # photos of the library; more would take longer than the training


class Head(NamedTuple):
    """What was learnt for one model: its fingerprint, A [D, D], and whether photos find their captions better by it."""

    model: str
    weights: Embeddings
    of_captions: bool = False

    def apply(self, query: Embeddings) -> Embeddings:
        """A text's vector [D] as it was learnt, unit length."""
        return unit(query + query @ self.weights)

    def apply_all(self, queries: Embeddings) -> Embeddings:
        """The same of [B, D]."""
        return _units(queries + queries @ self.weights)

    def apply_photos(self, photos: Embeddings) -> Embeddings:
        """Photos [B, D] that captions are compared with, so that the captions' vectors can stay as they are.

        A caption c that was learnt, c + c·A, has the product with a photo p that c has with p + A·p; what differs is
        its length, which is left out.
        """
        return _units(photos + photos @ self.weights.T)

    def to_bytes(self) -> bytes:
        """A as float16."""
        return self.weights.astype("<f2").tobytes()


def _units(rows: Embeddings) -> Embeddings:
    units: Embeddings = rows / np.linalg.norm(rows, axis=1, keepdims=True).clip(min=1e-6)
    return units


def digest(weights: bytes) -> str:
    """By which damaged weights are noticed."""
    return hashlib.sha256(weights).hexdigest()


def head_of(lesson: Lesson | None) -> Head | None:
    """The head of a lesson; None if there is none, or it is damaged."""
    if lesson is None:
        return None
    flat = np.frombuffer(lesson.weights[: len(lesson.weights) // 2 * 2], dtype="<f2").astype(np.float32)
    side = int(np.sqrt(len(flat)))
    of_captions = False
    try:
        figures = json.loads(lesson.figures)
        is_whole = figures["digest"] == digest(lesson.weights) and side * side == len(flat)
        of_captions = figures.get("of_captions") is True
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        is_whole = False
    if not is_whole:
        logger.warning("what was learnt on %s is damaged and not used; run: twinlens teach", lesson.learnt_at)
        return None
    return Head(lesson.model, flat.reshape(side, side), of_captions)


def train(pairs: Pairs, photos: Embeddings, model: str, *, seed: int = 0) -> Head:
    """Learns from pairs of texts and photos.

    Args:
        pairs: to learn from; ``photos`` has the rows that they name.
        photos: [N, D], the library.
        model: fingerprint of the model of all vectors.
        seed: of the order of the pairs.
    """
    draw = np.random.default_rng(seed)
    mined = _mined(pairs, photos, draw)
    dim = photos.shape[1]
    weights, mean, square = (np.zeros((dim, dim), dtype=np.float32) for _ in range(3))
    num_batches = -(-len(pairs) // BATCH)
    steps = min(max(EPOCHS * num_batches, FEWEST_STEPS), MOST_STEPS)
    rounds = -(-steps * BATCH // len(pairs))
    order = np.concatenate([draw.permutation(len(pairs)) for _ in range(rounds)])
    for step in range(steps):
        some = order[step * BATCH : (step + 1) * BATCH]
        gradient = _gradient(weights, pairs, some, photos, mined[some]) + DECAY * weights
        mean += np.float32(0.1) * (gradient - mean)
        square += np.float32(0.001) * (gradient**2 - square)
        slope, size = mean / (1 - 0.9 ** (step + 1)), np.sqrt(square / (1 - 0.999 ** (step + 1)))
        weights -= np.float32(LEARNING_RATE) * (slope / (size + 1e-8)).astype(np.float32)
    return Head(model, weights)


def _gradient(
    weights: Embeddings,
    pairs: Pairs,
    some: Ids,
    photos: Embeddings,
    mined: NDArray[np.int64],
) -> Embeddings:
    """Of the loss of a batch with respect to A, [D, D]."""
    texts, own = pairs.texts[pairs.text_of[some]], pairs.photo_of[some]
    columns = np.unique(np.concatenate([own, mined.ravel()]))
    rows = photos[columns]
    moved = texts + texts @ weights
    lengths = np.linalg.norm(moved, axis=1, keepdims=True)
    queries = moved / lengths
    scores = SCALE * queries @ rows.T  # [B, columns]
    places = np.searchsorted(columns, own)
    for row, (text, place) in enumerate(zip(pairs.text_of[some].tolist(), places.tolist(), strict=True)):
        others = pairs.photos_of_text[text]  # they are not wrong
        if len(others) > 1:
            mine, found = scores[row, place], np.searchsorted(columns, others).clip(max=len(columns) - 1)
            scores[row, found[columns[found] == others]] = -np.inf
            scores[row, place] = mine
    scores -= scores.max(axis=1, keepdims=True)
    share = np.exp(scores)
    share /= share.sum(axis=1, keepdims=True)
    share[np.arange(len(some)), places] -= 1
    towards = SCALE * (share @ rows) / len(some)
    along = (towards - queries * (towards * queries).sum(axis=1, keepdims=True)) / lengths
    gradient: Embeddings = texts.T @ along
    return gradient


def _mined(pairs: Pairs, photos: Embeddings, draw: np.random.Generator) -> NDArray[np.int64]:
    """[P, MINED], photos that each text finds and that are not its own."""
    among = np.sort(draw.permutation(len(photos))[:MINED_AMONG])
    count = min(MINED, len(among))
    wrong = np.zeros((len(pairs.texts), count), dtype=np.int64)
    used, rows = np.unique(pairs.text_of), photos[among]
    for start in range(0, len(used), BATCH):
        scores = pairs.texts[used[start : start + BATCH]] @ rows.T
        for text, one in zip(used[start : start + BATCH].tolist(), scores, strict=True):
            own = pairs.photos_of_text[text]
            found = np.searchsorted(among, own).clip(max=len(among) - 1)
            one[found[among[found] == own]] = -np.inf
            wrong[text] = among[np.argpartition(-one, count - 1)[:count]]
    for text, bad in pairs.bad_of_text.items():
        wrong[text, : len(bad)] = bad[:count]
    return wrong[pairs.text_of]
