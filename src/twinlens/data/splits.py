"""Splits by photo, never by caption row: given ones, or seeded ratios."""

import random
from collections.abc import Mapping, Sequence

from twinlens.errors import DataError
from twinlens.plugins import did_you_mean

DEFAULT_RATIOS = {"train": 0.8, "val": 0.1, "test": 0.1}


def seeded_splits(
    image_ids: Sequence[str], *, ratios: Mapping[str, float] = DEFAULT_RATIOS, seed: int = 0
) -> dict[str, list[str]]:
    """Deals photos into splits; the same ids and seed always give the same deal.

    Args:
        image_ids: each photo once, in any order.
        ratios: split name → share, summing to 1; the last split takes the remainder.
        seed: of the shuffle.

    Raises:
        DataError: the ratios do not sum to 1, or an id comes twice.

    >>> {name: len(ids) for name, ids in seeded_splits([str(i) for i in range(10)]).items()}
    {'train': 8, 'val': 1, 'test': 1}
    """
    if abs(sum(ratios.values()) - 1.0) > 1e-6:
        raise DataError(f"split ratios must sum to 1, got {dict(ratios)}")
    if len(set(image_ids)) != len(image_ids):
        raise DataError("split by photo: an image id comes more than once")
    deck = sorted(image_ids)
    random.Random(seed).shuffle(deck)
    splits: dict[str, list[str]] = {}
    start, share = 0, 0.0
    for name, ratio in ratios.items():
        share += ratio
        end = round(share * len(deck))
        splits[name] = sorted(deck[start:end])
        start = end
    return splits


def check_split_name(name: str, known: Sequence[str]) -> None:
    """Raises ``DataError`` when a data set has no split of that name."""
    if name != "all" and name not in known:
        raise DataError(
            f"no split is called {name!r}; this data has {', '.join([*known, 'all'])}{did_you_mean(name, known)}"
        )
