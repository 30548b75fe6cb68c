"""The right protocol, and what each wrong one would have reported for the same embeddings."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twinlens.evaluation.metrics import Ranks
from twinlens.evaluation.pairs import EmbeddedPairs
from twinlens.evaluation.retrieval import measures, rank_both_ways, ranks_both_ways
from twinlens.evaluation.score_ranks import diagonal_ranks, lenient_ranks

BATCH_ROWS = 32  # typical of validation in training scripts; chance R@1 is then 3.1, whatever the gallery
CHUNK_ROWS = 5000  # some scripts score chunks of this size to save memory, and ignore the rest of the gallery


@dataclass(frozen=True)
class ProtocolFigures:
    """Metrics under one protocol.

    Attributes:
        name: of the protocol.
        sentence: what is done, and why it is wrong.
        is_right: true for one protocol only.
        n_images: number of photos that were scored.
        n_captions: number of captions that were scored.
        text_to_image: metrics as in ``evaluate``.
        image_to_text: the same for image → text.
    """

    name: str
    sentence: str
    is_right: bool
    n_images: int
    n_captions: int
    text_to_image: dict[str, float]
    image_to_text: dict[str, float]

    def to_json(self) -> dict[str, Any]:
        """The fields for JSON."""
        return asdict(self)


def right_protocol(pairs: EmbeddedPairs) -> ProtocolFigures:
    """Whole gallery, any right caption counts, ties count against."""
    ranks = ranks_both_ways(pairs)
    figures = measures(ranks["text_to_image"]), measures(ranks["image_to_text"])
    return _row("whole gallery", "any right caption counts, ties count against", pairs, figures, is_right=True)


def wrong_protocols(pairs: EmbeddedPairs, *, seed: int = 0) -> list[ProtocolFigures]:
    """Results of one split's embeddings under common mistakes.

    Args:
        pairs: of the split.
        seed: for shuffling into batches.
    """
    in_favour = (
        measures(lenient_ranks(pairs.texts, pairs.images, pairs.photo_of_text())),
        measures(lenient_ranks(pairs.images, pairs.texts, pairs.texts_of_photo())),
    )
    lone = np.array([texts[0] for texts in pairs.texts_of_photo()])
    one_each = rank_both_ways(pairs.images, pairs.texts[lone], np.arange(len(lone)))
    return [
        _row(
            "ties in favour",
            "equal scores count as right, so a collapsed model scores 100",
            pairs,
            in_favour,
        ),
        ProtocolFigures(
            "one caption a photo",
            "the other captions are left out: fewer right answers per photo, and a smaller gallery of captions",
            False,
            len(lone),
            len(lone),
            *one_each,
        ),
        diagonal_only(pairs),
        in_batches(pairs, seed=seed),
        in_chunks(pairs),
    ]


def diagonal_only(pairs: EmbeddedPairs) -> ProtocolFigures:
    """Only the caption of the same row is right; the other captions of its photo count as wrong."""
    rows = np.arange(len(pairs.texts))
    to_image = lenient_ranks(pairs.texts, pairs.images, pairs.photo_of_text())
    to_text = lenient_ranks(pairs.images[pairs.text_image_index], pairs.texts, list(rows[:, None]))
    sentence = "only the caption of the same row is right, the photo's other captions count as wrong; ties in favour"
    return _row("diagonal only", sentence, pairs, (measures(to_image), measures(to_text)))


def in_batches(pairs: EmbeddedPairs, *, rows: int = BATCH_ROWS, seed: int = 0) -> ProtocolFigures:
    """Shuffled rows, ranked only within batches; an incomplete last batch is dropped."""
    order = np.random.default_rng(seed).permutation(len(pairs.texts))
    whole = max(1, len(order) // rows) * rows
    batches = [order[start : start + rows] for start in range(0, min(whole, len(order)), rows)]
    sentence = f"rows are ranked within batches of {rows} instead of the whole gallery; only the diagonal is right"
    return _row(f"in batches of {rows}", sentence, pairs, _diagonal(pairs, batches))


def in_chunks(pairs: EmbeddedPairs, *, rows: int = CHUNK_ROWS, name: str = "") -> ProtocolFigures:
    """Rows in order, ranked only within chunks."""
    chunks = [np.arange(start, min(start + rows, len(pairs.texts))) for start in range(0, len(pairs.texts), rows)]
    sentence = f"rows are ranked within chunks of {rows:,} instead of the whole gallery; only the diagonal is right"
    return _row(name or f"in chunks of {rows:,} rows", sentence, pairs, _diagonal(pairs, chunks))


def with_training_rows(
    everything: EmbeddedPairs,
    trained: NDArray[np.int64],
    n_images: int,
    *,
    seed: int = 0,
    on_progress: Callable[[int, int], None] | None = None,
) -> list[ProtocolFigures]:
    """Results if training photos had been scored.

    Args:
        everything: the photos of all splits.
        trained: rows of the training photos among them.
        n_images: of the audited split; as many training photos are sampled, for a gallery of equal size.
        seed: of the sample.
        on_progress: called with the number of queries ranked and the total, in the gallery of all splits.
    """
    drawn = np.random.default_rng(seed).choice(trained, size=min(n_images, len(trained)), replace=False)
    seen = everything.part(np.sort(drawn))
    known = "as many photos as the split has, but ones that the model was trained on; whole gallery"
    mixed = "photos of all splits, including those trained on; whole gallery, any right caption counts"
    ranks = ranks_both_ways(everything, on_progress)
    return [
        _row("training photos instead", known, seen, rank_both_ways(seen.images, seen.texts, seen.text_image_index)),
        _row(
            "training rows included",
            mixed,
            everything,
            (measures(ranks["text_to_image"]), measures(ranks["image_to_text"])),
        ),
        in_chunks(everything, name=f"all rows in chunks of {CHUNK_ROWS:,}"),
    ]


def _diagonal(pairs: EmbeddedPairs, batches: Sequence[NDArray[np.int64]]) -> tuple[dict[str, float], dict[str, float]]:
    """Metrics if only row i of a batch is right for row i."""
    to_image: list[Ranks] = []
    to_text: list[Ranks] = []
    for rows in batches:
        images, texts = pairs.images[pairs.text_image_index[rows]], pairs.texts[rows]
        to_image.append(diagonal_ranks(texts, images))
        to_text.append(diagonal_ranks(images, texts))
    return (
        measures(list(np.concatenate(to_image)[:, None])),
        measures(list(np.concatenate(to_text)[:, None])),
    )


def _row(
    name: str,
    sentence: str,
    pairs: EmbeddedPairs,
    figures: tuple[dict[str, float], dict[str, float]],
    *,
    is_right: bool = False,
) -> ProtocolFigures:
    return ProtocolFigures(name, sentence, is_right, len(pairs.images), len(pairs.texts), *figures)
