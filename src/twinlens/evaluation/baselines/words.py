"""Bag-of-words and TF-IDF baselines: photos are ranked by the words of their other captions."""

import re
from collections import Counter
from collections.abc import Sequence
from itertools import chain, pairwise

import numpy as np
from numpy.typing import NDArray

from twinlens.evaluation.baselines.row import Baseline
from twinlens.evaluation.retrieval import measures
from twinlens.evaluation.score_ranks import ranks_in_scores

USES = "gallery captions: a photo is represented by its other captions, without the query"
BLOCK_ROWS = 512  # captions at a time; 512 × 9,000 words take 18 MB
_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")


def bag_of_words_baseline(captions: Sequence[Sequence[str]]) -> Baseline:
    """Cosine of word counts between a caption and a photo's other captions.

    Args:
        captions: of each photo, at least one; a photo with a single caption cannot be found by it.
    """
    return _figures("bag of words", word_scores(captions), captions)


def tf_idf_baseline(captions: Sequence[Sequence[str]]) -> Baseline:
    """Like bag of words, with words weighted by ln((1 + N) / (1 + photos that have the word)) + 1.

    Args:
        captions: of each photo, at least one.
    """
    return _figures("TF-IDF", word_scores(captions, weighted=True), captions)


def word_scores(captions: Sequence[Sequence[str]], *, weighted: bool = False) -> NDArray[np.float32]:
    """[M, N], cosine between the words of each caption and of each photo's captions, without that caption.

    The whole matrix is in memory: 20 MB for 1,000 photos with five captions.

    Args:
        captions: of each of the N photos.
        weighted: use inverse document frequency; a photo is a document.

    >>> np.round(word_scores([["a dog", "dog"], ["a cat"]]).astype(float), 3).tolist()
    [[0.707, 0.5], [0.707, 0.0], [0.316, 0.0]]
    """
    words = [[Counter(_WORD.findall(caption.lower())) for caption in own] for own in captions]
    number = {word: place for place, word in enumerate(dict.fromkeys(chain.from_iterable(chain(*words))))}
    weights = _inverse_document_frequency(words, number) if weighted else np.ones(len(number), dtype=np.float32)
    photos = _counted([sum(own, Counter()) for own in words], number) * weights  # [N, V]
    photo_squares = np.square(photos).sum(axis=1)  # [N]
    texts = list(chain(*words))
    owners = np.repeat(np.arange(len(words)), [len(own) for own in words])
    blocks = []
    for start in range(0, len(texts), BLOCK_ROWS):
        block = _counted(texts[start : start + BLOCK_ROWS], number) * weights  # [B, V]
        blocks.append(_cosines(block, photos, photo_squares, owners[start : start + BLOCK_ROWS]))
    return np.concatenate(blocks)


def _cosines(
    texts: NDArray[np.float32], photos: NDArray[np.float32], photo_squares: NDArray[np.float32], own: NDArray[np.int64]
) -> NDArray[np.float32]:
    """[B, N]; each text is first subtracted from the word counts of its own photo."""
    rows = np.arange(len(texts))
    dots = texts @ photos.T  # [B, N]
    squares = np.square(texts).sum(axis=1)  # [B]
    sizes = np.tile(photo_squares, (len(texts), 1))
    sizes[rows, own] += squares - 2 * dots[rows, own]  # |p - t|² = |p|² - 2 p·t + |t|²
    dots[rows, own] -= squares
    norms = np.sqrt(squares[:, None] * np.maximum(sizes, 0))
    # tiny values left after the subtraction are rounding errors, not shared words
    shared = (dots > 1e-5 * squares[:, None]) & (norms > 0)
    cosines: NDArray[np.float32] = np.divide(dots, norms, out=np.zeros_like(dots), where=shared)
    return cosines


def _counted(bags: Sequence[Counter[str]], number: dict[str, int]) -> NDArray[np.float32]:
    counts = np.zeros((len(bags), len(number)), dtype=np.float32)
    for row, bag in zip(counts, bags, strict=True):
        row[[number[word] for word in bag]] = list(bag.values())
    return counts


def _inverse_document_frequency(words: Sequence[Sequence[Counter[str]]], number: dict[str, int]) -> NDArray[np.float32]:
    photos_with = Counter(word for own in words for word in set(chain(*own)))
    frequency = np.array([photos_with[word] for word in number])
    weights: NDArray[np.float32] = (np.log((1 + len(words)) / (1 + frequency)) + 1).astype(np.float32)
    return weights


def _figures(name: str, scores: NDArray[np.float32], captions: Sequence[Sequence[str]]) -> Baseline:
    bounds = np.cumsum([0, *map(len, captions)])
    texts_of = [np.arange(start, end) for start, end in pairwise(bounds)]
    photo_of = list(np.repeat(np.arange(len(captions)), np.diff(bounds))[:, None])
    return Baseline(
        name=name,
        uses=USES,
        text_to_image=measures(ranks_in_scores(scores, photo_of)),
        image_to_text=measures(ranks_in_scores(scores.T, texts_of)),
    )
