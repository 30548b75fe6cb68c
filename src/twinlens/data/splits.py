"""Splits by photo, never by caption row: given ones, or seeded ratios."""

import random
import re
from collections.abc import Iterable, Mapping, Sequence

from twinlens.errors import DataError
from twinlens.plugins import did_you_mean

STANDARD_SPLITS = ("train", "val", "test")
DEFAULT_RATIOS = {"train": 0.8, "val": 0.1, "test": 0.1}
# what shards, files and columns of published data call the three; restval is what papers train on besides train
_WORDS = {
    **dict.fromkeys(("train", "training", "trn", "restval"), "train"),
    **dict.fromkeys(("val", "valid", "validation", "dev"), "val"),
    **dict.fromkeys(("test", "testing", "tst"), "test"),
}


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


def held_out(image_ids: Sequence[str], every: int) -> set[str]:
    """Every so many of the ids in their order: what a training leaves out, so that a calibration sees new photos.

    >>> sorted(held_out(["c", "a", "d", "b"], every=2))
    ['a', 'c']
    """
    return set(sorted(image_ids)[::every])


def parse_ratios(text: str) -> dict[str, float]:
    """Shares of train, val and test, written in per cent or as parts of 1.

    Two numbers are train and val: a run is steered by its val split (which
    epoch is kept, when to stop), so a test split of one's own needs a third number,
    and nothing may be measured on what steered the run. ``80/0/20`` has no val.

    Raises:
        DataError: not two or three numbers, one is below 0, or they do not sum to 100 or 1.

    >>> parse_ratios("70/15/15")
    {'train': 0.7, 'val': 0.15, 'test': 0.15}
    >>> parse_ratios("80/20")
    {'train': 0.8, 'val': 0.2}
    """
    wanted = "expected shares of train/val/test, as 70/15/15, or of train/val, as 80/20"
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
    """The split that the first telling name speaks of, as a whole word; None where none does.

    >>> split_in_name("cc3m-validation-0001.tar"), split_in_name("0001.tar", "train"), split_in_name("latest.tar")
    ('val', 'train', None)
    """
    words = (word for name in names for word in re.split(r"[^a-z]+", name.lower()))
    return next((_WORDS[word] for word in words if word in _WORDS), None)


def group_splits(images: Iterable[tuple[str, str | None]]) -> dict[str, list[str]]:
    """Given splits of photos that each name theirs: train, val, test in this order.

    A photo without one belongs to ``all`` only. A lone train is no split yet: it is
    dealt, for a run needs a val to be steered by; a lone val or test stands.

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
