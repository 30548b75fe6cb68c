"""Captions that occur more than once, verbatim: on one photo, on several photos of a split, in two splits."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from twinlens.counted import counted
from twinlens.evaluation.audit.finding import AuditFinding
from twinlens.types import CaptionedImage


@dataclass(frozen=True, slots=True)
class RepeatedCaptions:
    """Where captions repeat.

    Attributes:
        in_photo: image id → captions that the photo has more than once, in all splits.
        in_split: caption → photos of the audited split that share it.
        across_splits: caption of the audited split → other splits that have it too.
    """

    in_photo: dict[str, list[str]]
    in_split: dict[str, list[str]]
    across_splits: dict[str, list[str]]

    def to_json(self) -> dict[str, Any]:
        """The fields for JSON."""
        return {"in_photo": self.in_photo, "in_split": self.in_split, "across_splits": self.across_splits}


def repeated_captions(splits: Mapping[str, Sequence[CaptionedImage]], split: str) -> RepeatedCaptions:
    """Finds captions that are repeated verbatim.

    Args:
        splits: name → photos, of the audited split and all others.
        split: the audited split.
    """
    in_photo: dict[str, list[str]] = {}
    for image in {image.image_id: image for images in splits.values() for image in images}.values():
        if twice := [caption for caption, count in Counter(image.captions).items() if count > 1]:
            in_photo[image.image_id] = twice
    photos: dict[str, list[str]] = defaultdict(list)
    for image in splits[split]:
        for caption in dict.fromkeys(image.captions):
            photos[caption].append(image.image_id)
    elsewhere: dict[str, list[str]] = defaultdict(list)
    for name, images in splits.items():
        if name != split:
            for caption in {caption for image in images for caption in image.captions}:
                elsewhere[caption].append(name)
    return RepeatedCaptions(
        in_photo=in_photo,
        in_split={caption: ids for caption, ids in photos.items() if len(ids) > 1},
        across_splits={caption: elsewhere[caption] for caption in photos if caption in elsewhere},
    )


def caption_findings(repeated: RepeatedCaptions, split: str) -> list[AuditFinding]:
    """Findings about repeated captions."""
    found = []
    if photos := repeated.in_photo:
        examples = tuple(f"{image_id}: {captions[0]}" for image_id, captions in photos.items())
        sentence = f"{counted(len(photos), 'photo')} with the same caption more than once"
        found.append(AuditFinding("repeated-captions-in-photo", "note", sentence, len(photos), examples))
    if shared := repeated.in_split:
        examples = tuple(f"{caption}: {', '.join(ids)}" for caption, ids in shared.items())
        sentence = (
            f"{counted(len(shared), 'caption')} shared by several photos of {split}; only one photo counts as right "
            "each time, so results are slightly too low"
        )
        found.append(AuditFinding("captions-on-several-photos", "warning", sentence, len(shared), examples))
    if leaked := repeated.across_splits:
        examples = tuple(f"{caption}: {', '.join(names)}" for caption, names in leaked.items())
        sentence = f"{counted(len(leaked), 'caption')} of {split} also in another split, verbatim"
        found.append(AuditFinding("captions-across-splits", "note", sentence, len(leaked), examples))
    return found
