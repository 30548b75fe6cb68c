"""Pairs of texts and photos to learn from: captions, and queries with photos that were called good."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from twinlens.types import Embeddings

MOST_PAIRS = 20_000  # more would take longer than a minute
LEARN, CHOOSE = 0.6, 0.2  # shares of the photos; the others tell what it was worth


@dataclass(frozen=True)
class Pairs:
    """P pairs of T texts and photos.

    Attributes:
        texts: [T, D], unit rows.
        text_of: [P], the text of each pair.
        photo_of: [P], the photo of each pair, as a row of the library.
        photos_of_text: of all pairs of the library, the photos of each text, ascending.
        bad_of_text: photos that were called bad for a text.
    """

    texts: Embeddings
    text_of: NDArray[np.int64]
    photo_of: NDArray[np.int64]
    photos_of_text: Sequence[NDArray[np.int64]]
    bad_of_text: Mapping[int, NDArray[np.int64]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.text_of)

    @property
    def num_photos(self) -> int:
        """How many different photos they have."""
        return len(np.unique(self.photo_of))

    def all_pairs(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Texts and photos of all pairs of the library, also of those that are left out here."""
        counts = [len(photos) for photos in self.photos_of_text]
        return np.repeat(np.arange(len(counts)), counts), np.concatenate([*self.photos_of_text])

    def only(self, chosen: NDArray[np.bool_]) -> "Pairs":
        """Some of the pairs [P]; what else is known of their texts stays."""
        return Pairs(self.texts, self.text_of[chosen], self.photo_of[chosen], self.photos_of_text, self.bad_of_text)

    def split(self, *, seed: int = 0) -> tuple["Pairs", "Pairs", "Pairs"]:
        """To learn from, to choose by, and to measure with: by photo, so that no photo is in two of them."""
        photos = np.random.default_rng(seed).permutation(np.unique(self.photo_of))
        learn, choose = int(LEARN * len(photos)), int((LEARN + CHOOSE) * len(photos))
        parts = (photos[:learn], photos[learn:choose], photos[choose:])
        first, second, third = (self.only(np.isin(self.photo_of, part)) for part in parts)
        return first, second, third


def pairs_of(
    good: Sequence[tuple[str, int]], texts: Mapping[str, Embeddings], bad: Sequence[tuple[str, int]] = ()
) -> Pairs:
    """Pairs from texts and photos, the same text once.

    Args:
        good: text and photo, as a row of the library.
        texts: [D] of each.
        bad: the same of photos that do not fit.
    """
    names = {text: place for place, text in enumerate(dict.fromkeys(text for text, _ in good))}
    text_of = np.array([names[text] for text, _ in good], dtype=np.int64)
    photo_of = np.array([photo for _, photo in good], dtype=np.int64)
    order = np.lexsort((photo_of, text_of))
    ends = np.searchsorted(text_of[order], np.arange(len(names) + 1))
    photos = [photo_of[order][start:end] for start, end in pairwise(ends.tolist())]
    wrong: dict[int, list[int]] = {}
    for text, photo in bad:
        if text in names:
            wrong.setdefault(names[text], []).append(photo)
    if len(good) > MOST_PAIRS:
        some = np.sort(np.random.default_rng(0).permutation(len(good))[:MOST_PAIRS])
        text_of, photo_of = text_of[some], photo_of[some]
    return Pairs(
        np.stack([texts[name] for name in names]),
        text_of,
        photo_of,
        photos,
        {text: np.array(sorted(rows), dtype=np.int64) for text, rows in wrong.items()},
    )
