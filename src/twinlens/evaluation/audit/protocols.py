"""The right protocol, and what each wrong one would have reported of the same embeddings."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twinlens.evaluation.metrics import Ranks
from twinlens.evaluation.pairs import EmbeddedPairs
from twinlens.evaluation.retrieval import measures, rank_both_ways, ranks_both_ways
from twinlens.evaluation.score_ranks import diagonal_ranks, lenient_ranks

BATCH_ROWS = 32  # what training scripts validate with; chance is then R@1 3.1, whatever the gallery
CHUNK_ROWS = 5000  # rows that scripts score at once to save memory, and then forget that the rest is gallery too


@dataclass(frozen=True)
class ProtocolFigures:
    """One way to count, and what it gives.

    Attributes:
        name: in a few words.
        sentence: what is done, and why that is wrong; for the right one, what it is.
        is_right: only one is.
        n_images: photos that were scored.
        n_captions: captions that were scored.
        text_to_image: measures as in ``evaluate``.
        image_to_text: the same, the other way.
    """

    name: str
    sentence: str
    is_right: bool
    n_images: int
    n_captions: int
    text_to_image: dict[str, float]
    image_to_text: dict[str, float]

    def to_json(self) -> dict[str, Any]:
        """The fields as JSON has them."""
        return asdict(self)


def right_protocol(pairs: EmbeddedPairs) -> ProtocolFigures:
    """Whole gallery, any right caption counts, ties count against."""
    figures = rank_both_ways(pairs.images, pairs.texts, pairs.text_image_index)
    return _row("whole gallery", "any right caption counts, ties count against", pairs, figures, is_right=True)


def wrong_protocols(pairs: EmbeddedPairs, *, seed: int = 0) -> list[ProtocolFigures]:
    """What one split's embeddings would have given under the usual mistakes.

    Args:
        pairs: of the split.
        seed: of the batches.
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
            "equal scores count for the right answer, so a collapsed model gives 100",
            pairs,
            in_favour,
        ),
        ProtocolFigures(
            "one caption a photo",
            "the other captions are left out: fewer right answers a photo, and a smaller gallery of captions",
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
    """Each caption is the one right answer of a row of its own; its photo's other captions count as wrong."""
    rows = np.arange(len(pairs.texts))
    to_image = lenient_ranks(pairs.texts, pairs.images, pairs.photo_of_text())
    to_text = lenient_ranks(pairs.images[pairs.text_image_index], pairs.texts, list(rows[:, None]))
    sentence = "only the caption of the same row counts, a photo's other captions count as wrong; ties in favour"
    return _row("diagonal only", sentence, pairs, (measures(to_image), measures(to_text)))


def in_batches(pairs: EmbeddedPairs, *, rows: int = BATCH_ROWS, seed: int = 0) -> ProtocolFigures:
    """Shuffled caption rows, ranked only inside batches; a last, smaller batch is dropped."""
    order = np.random.default_rng(seed).permutation(len(pairs.texts))
    whole = max(1, len(order) // rows) * rows
    batches = [order[start : start + rows] for start in range(0, min(whole, len(order)), rows)]
    sentence = f"rows are ranked among the {rows} of their batch in place of the gallery; only the diagonal is right"
    return _row(f"in batches of {rows}", sentence, pairs, _diagonal(pairs, batches))


def in_chunks(pairs: EmbeddedPairs, *, rows: int = CHUNK_ROWS, name: str = "") -> ProtocolFigures:
    """Caption rows in their order, ranked only inside chunks."""
    chunks = [np.arange(start, min(start + rows, len(pairs.texts))) for start in range(0, len(pairs.texts), rows)]
    sentence = f"rows are ranked among at most {rows:,} in place of the gallery; only the diagonal is right"
    return _row(name or f"in chunks of {rows:,} rows", sentence, pairs, _diagonal(pairs, chunks))


def with_training_rows(
    everything: EmbeddedPairs,
    trained: NDArray[np.int64],
    n_images: int,
    *,
    seed: int = 0,
    on_progress: Callable[[int, int], None] | None = None,
) -> list[ProtocolFigures]:
    """What photos that the model was trained on would have given.

    Args:
        everything: the photos of all splits.
        trained: rows of the training photos among them.
        n_images: of the audited split; as many training photos are drawn, so that galleries are alike.
        seed: of the draw.
        on_progress: told how many of how many queries to all splits are ranked, which takes longest.
    """
    drawn = np.random.default_rng(seed).choice(trained, size=min(n_images, len(trained)), replace=False)
    seen = everything.part(np.sort(drawn))
    known = "the model was trained on these photos; whole gallery of as many as the split has"
    mixed = "photos of all splits, most of them trained on; whole gallery, any right caption counts"
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
    """Measures where row i of a batch is right for row i alone."""
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
