"""Splits by photo, never by caption: from the data, or at random with a seed."""

import random
import re
from collections.abc import Iterable, Mapping, Sequence

from twinlens.errors import DataError
from twinlens.plugins import did_you_mean

STANDARD_SPLITS = ("train", "val", "test")
DEFAULT_RATIOS = {"train": 0.8, "val": 0.1, "test": 0.1}
# names of the three splits in published shards, files and columns; papers train on restval as well
_WORDS = {
    **dict.fromkeys(("train", "training", "trn", "restval"), "train"),
    **dict.fromkeys(("val", "valid", "validation", "dev"), "val"),
    **dict.fromkeys(("test", "testing", "tst"), "test"),
}


def seeded_splits(
    image_ids: Sequence[str], *, ratios: Mapping[str, float] = DEFAULT_RATIOS, seed: int = 0
) -> dict[str, list[str]]:
    """Splits photos at random; the same ids and seed always give the same splits.

    Args:
        image_ids: each photo once, in any order.
        ratios: split name → share, summing to 1; the last split takes the remainder.
        seed: of the shuffle.

    Raises:
        DataError: the ratios do not sum to 1, or an id occurs twice.

    >>> {name: len(ids) for name, ids in seeded_splits([str(i) for i in range(10)]).items()}
    {'train': 8, 'val': 1, 'test': 1}
    """
    if abs(sum(ratios.values()) - 1.0) > 1e-6:
        raise DataError(f"split ratios must sum to 1, got {dict(ratios)}")
    if len(set(image_ids)) != len(image_ids):
        raise DataError("cannot split by photo: an image id occurs more than once")
    shuffled = sorted(image_ids)
    random.Random(seed).shuffle(shuffled)
    splits: dict[str, list[str]] = {}
    start, share = 0, 0.0
    for name, ratio in ratios.items():
        share += ratio
        end = round(share * len(shuffled))
        splits[name] = sorted(shuffled[start:end])
        start = end
    return splits


def held_out(image_ids: Sequence[str], every: int) -> set[str]:
    """Every n-th id in sorted order: photos left out of training, so that the calibration is fitted on unseen ones.

    >>> sorted(held_out(["c", "a", "d", "b"], every=2))
    ['a', 'c']
    """
    return set(sorted(image_ids)[::every])


def parse_ratios(text: str) -> dict[str, float]:
    """Parses shares of train, val and test, in per cent or as fractions.

    Two numbers are train and val: a run needs a val split to choose its best epoch
    and when to stop, and final results must not be measured on that split, so a
    test split needs a third number. ``80/0/20`` has no val.

    Raises:
        DataError: not two or three numbers, one is below 0, or they do not sum to 100 or 1.

    >>> parse_ratios("70/15/15")
    {'train': 0.7, 'val': 0.15, 'test': 0.15}
    >>> parse_ratios("80/20")
    {'train': 0.8, 'val': 0.2}
    """
    wanted = "expected shares of train/val/test such as 70/15/15, or of train/val such as 80/20"
    try:
        shares = [float(share) for share in text.split("/")]
    except ValueError as error:
        raise DataError(f"{wanted}; got {text!r}") from error
    if not 2 <= len(shares) <= len(STANDARD_SPLITS) or not all(0 <= share < float("inf") for share in shares):
        raise DataError(f"{wanted}; got {text!r}")
    total = sum(shares)
    whole = next((whole for whole in (100.0, 1.0) if abs(total - whole) < 1e-6), None)
    if whole is None:
        raise DataError(f"{wanted}; those of {text!r} sum to {total:g}, not to 100")
    return {name: share / whole for name, share in zip(STANDARD_SPLITS, shares, strict=False) if share}


def split_in_name(*names: str) -> str | None:
    """The split named by a whole word in the first of the names that has one; None if none has.

    >>> split_in_name("cc3m-validation-0001.tar"), split_in_name("0001.tar", "train"), split_in_name("latest.tar")
    ('val', 'train', None)
    """
    words = (word for name in names for word in re.split(r"[^a-z]+", name.lower()))
    return next((_WORDS[word] for word in words if word in _WORDS), None)


def group_splits(images: Iterable[tuple[str, str | None]]) -> dict[str, list[str]]:
    """Groups photos by their split, in the order train, val, test.

    A photo without a split belongs to ``all`` only. If all photos are in train, the result is
    empty, so that they are split at random: training needs a val split. A lone val or test is kept.

    Args:
        images: id and split of each photo.
    """
    splits: dict[str, list[str]] = {name: [] for name in STANDARD_SPLITS}
    for image_id, split in images:
        if split is not None:
            splits[split].append(image_id)
    given = {name: ids for name, ids in splits.items() if ids}
    return {} if list(given) == ["train"] else given


def check_split_name(name: str, known: Sequence[str]) -> None:
    """Raises ``DataError`` when a data set has no split of that name."""
    if name != "all" and name not in known:
        raise DataError(
            f"no split is called {name!r}; this data has {', '.join([*known, 'all'])}{did_you_mean(name, known)}"
        )
