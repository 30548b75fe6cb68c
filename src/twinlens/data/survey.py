"""Statistics and problems of a data set: counts, words, missing, broken and duplicate photos."""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from statistics import fmean
from typing import Any, NamedTuple

from twinlens.data.captioned import CaptionedPhotos
from twinlens.data.photo_check import CheckedPhotos, check_photos, missing_photos, uncaptioned_photos
from twinlens.protocols import Dataset
from twinlens.types import CaptionedImage

FREQUENT_WORDS = 20
SHOWN = 3  # items of each list in the text report
_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")


class Spread(NamedTuple):
    """Minimum, mean and maximum of some counts."""

    min: int
    mean: float
    max: int


@dataclass(frozen=True)
class Survey:
    """A data set as ``twinlens datasets info`` shows it.

    Attributes:
        name: shown in reports.
        kind: the reader's name.
        n_images: number of photos.
        n_captions: number of captions.
        captions_per_image: captions per photo.
        splits: number of photos in each split.
        dealt: True if the data has no splits of its own, so that photos were split at random.
        vocabulary: number of distinct words, lower-cased.
        frequent_words: the most frequent words and their counts.
        words_per_caption: length of captions.
        missing: ids of photos whose file is missing.
        uncaptioned: photos without captions.
        broken: photos that cannot be opened, and why; None if photos were not opened.
        same_across_splits: groups of identical photos in more than one split; None if photos were not opened.
        same_within_split: other groups of identical photos; None if photos were not opened.
        captions_across_splits: captions that occur in more than one split, verbatim.
    """

    name: str
    kind: str
    n_images: int
    n_captions: int
    captions_per_image: Spread
    splits: dict[str, int]
    dealt: bool
    vocabulary: int
    frequent_words: list[tuple[str, int]]
    words_per_caption: Spread
    missing: list[str]
    uncaptioned: list[str]
    broken: list[dict[str, str]] | None
    same_across_splits: list[list[str]] | None
    same_within_split: list[list[str]] | None
    captions_across_splits: list[str]

    def to_json(self) -> dict[str, Any]:
        """The fields of ``twinlens datasets info --json``."""
        spreads = {name: getattr(self, name)._asdict() for name in ("captions_per_image", "words_per_caption")}
        return asdict(self) | spreads

    def __str__(self) -> str:
        per_image, words = self.captions_per_image, self.words_per_caption
        splits = ", ".join(f"{name} {count:,}" for name, count in self.splits.items())
        lines = [
            f"{self.name} ({self.kind})",
            f"photos: {self.n_images:,}",
            f"captions: {self.n_captions:,}, {per_image.min} to {per_image.max} per photo, mean {per_image.mean:.1f}",
            f"splits: {splits} ({'random, by photo' if self.dealt else 'given'})",
            f"words: {self.vocabulary:,} distinct; {words.mean:.1f} per caption, at most {words.max}",
            _listed("missing photos", self.missing),
            _listed("photo files without captions", self.uncaptioned),
            _listed("captions in more than one split", self.captions_across_splits),
        ]
        if self.broken is None or self.same_across_splits is None or self.same_within_split is None:
            return "\n".join([*lines, "broken and duplicate photos: not checked (--quick)"])
        broken = [f"{photo['image_id']}: {photo['reason']}" for photo in self.broken]
        across, within = (
            [" = ".join(ids) for ids in found] for found in (self.same_across_splits, self.same_within_split)
        )
        lines.append(_listed("broken photos", broken))
        lines.append(_listed("same photo in more than one split", across))
        lines.append(_listed("same photo twice in a split", within))
        return "\n".join(lines)


def survey(
    dataset: Dataset, kind: str, *, quick: bool = False, on_progress: Callable[[int, int], None] | None = None
) -> Survey:
    """Counts photos, captions and words, and opens every photo.

    Args:
        dataset: the data.
        kind: its reader's name.
        quick: do not open photos; broken and duplicate ones are then not found.
        on_progress: called with the number of photos opened and the total.

    Raises:
        DataError: a split lists photos without captions.
    """
    images = dataset.split("all")
    splits = {name: dataset.split(name) for name in dataset.splits()}
    captions = [caption for image in images for caption in image.captions]
    words = [_WORD.findall(caption.lower()) for caption in captions]
    frequency = Counter(word for own in words for word in own)
    checked = None if quick else check_photos(images, on_progress=on_progress)
    across, within = (None, None) if checked is None else _by_split(checked, splits)
    return Survey(
        name=dataset.name,
        kind=kind,
        n_images=len(images),
        n_captions=len(captions),
        captions_per_image=_spread([len(image.captions) for image in images]),
        splits={name: len(own) for name, own in splits.items()},
        dealt=isinstance(dataset, CaptionedPhotos) and dataset.is_split_at_random,
        vocabulary=len(frequency),
        frequent_words=sorted(frequency.items(), key=lambda item: (-item[1], item[0]))[:FREQUENT_WORDS],
        words_per_caption=_spread([len(own) for own in words]),
        missing=missing_photos(images) if checked is None else checked.missing,
        uncaptioned=uncaptioned_photos(images),
        broken=None if checked is None else [photo._asdict() for photo in checked.broken],
        same_across_splits=across,
        same_within_split=within,
        captions_across_splits=_shared_captions(splits),
    )


def _by_split(
    checked: CheckedPhotos, splits: dict[str, Sequence[CaptionedImage]]
) -> tuple[list[list[str]], list[list[str]]]:
    split_of = {image.image_id: name for name, images in splits.items() for image in images}
    across: list[list[str]] = []
    within: list[list[str]] = []
    for ids in checked.same:
        found = {split_of[image_id] for image_id in ids if image_id in split_of}
        (across if len(found) > 1 else within).append(ids)
    return across, within


def _shared_captions(splits: dict[str, Sequence[CaptionedImage]]) -> list[str]:
    sets = [{caption for image in images for caption in image.captions} for images in splits.values()]
    counts = Counter(caption for captions in sets for caption in captions)
    return sorted(caption for caption, count in counts.items() if count > 1)


def _spread(counts: Sequence[int]) -> Spread:
    return Spread(min(counts), fmean(counts), max(counts)) if counts else Spread(0, 0.0, 0)


def _listed(what: str, found: Sequence[str]) -> str:
    shown = "; ".join(found[:SHOWN]) + ("; …" if len(found) > SHOWN else "")
    return f"{what}: {len(found):,}" + (f" ({shown})" if found else "")
