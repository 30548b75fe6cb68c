"""Findings about photos: identical or nearly identical ones in the audited split and in others."""

from collections.abc import Mapping, Sequence

from twinlens.counted import counted
from twinlens.data.survey import Survey
from twinlens.evaluation.audit.finding import AuditFinding, Severity
from twinlens.evaluation.audit.near_duplicates import NearDuplicate
from twinlens.evaluation.contamination import contamination_note
from twinlens.evaluation.pairs import EmbeddedPairs
from twinlens.types import CaptionedImage


def split_of_photo(splits: Mapping[str, Sequence[CaptionedImage]]) -> dict[str, str]:
    """Image id → split; for an id in two splits the later one (``listed_twice`` reports those)."""
    return {image.image_id: name for name, images in splits.items() for image in images}


def listed_twice(splits: Mapping[str, Sequence[CaptionedImage]]) -> list[AuditFinding]:
    """Ids that are in two splits; built-in readers reject such data, others may not."""
    seen: dict[str, str] = {}
    twice: list[str] = []
    for name, images in splits.items():
        for image in images:
            if (other := seen.setdefault(image.image_id, name)) != name:
                twice.append(f"{image.image_id}: {other} and {name}")
    if not twice:
        return []
    sentence = f"{counted(len(twice), 'photo')} listed in two splits: training photos may be in the test split"
    return [AuditFinding("photo-in-two-splits", "error", sentence, len(twice), tuple(twice))]


def same_photo_findings(survey: Survey, split_of: Mapping[str, str], split: str) -> list[AuditFinding]:
    """Byte-identical and unreadable photos found by a survey."""
    found = []
    groups = [*(survey.same_across_splits or ()), *(survey.same_within_split or ())]
    splits = [{split_of[name] for name in group if name in split_of} for group in groups]
    across = [group for group, own in zip(groups, splits, strict=True) if len(own) > 1 and split in own]
    elsewhere = [group for group, own in zip(groups, splits, strict=True) if len(own) > 1 and split not in own]
    within = [group for group, own in zip(groups, splits, strict=True) if own == {split}]
    if across:
        sentence = (
            f"{counted(len(across), 'photo')} of {split} byte-identical to one of another split; results are too high"
        )
        found.append(_groups("same-photo-across-splits", "error", sentence, across, split_of))
    if elsewhere:
        sentence = (
            f"{counted(len(elsewhere), 'photo')} byte-identical across the other splits; "
            "the val split may contain training photos"
        )
        found.append(_groups("same-photo-in-other-splits", "warning", sentence, elsewhere, split_of))
    if within:
        sentence = (
            f"{counted(len(within), 'photo')} more than once in {split}, byte-identical; "
            "one of the copies counts as wrong each time"
        )
        found.append(_groups("same-photo-in-split", "warning", sentence, within, split_of))
    if unread := [*survey.missing, *(photo["image_id"] for photo in survey.broken or ())]:
        sentence = f"{counted(len(unread), 'photo')} missing or unreadable; left out of all metrics"
        found.append(AuditFinding("unreadable-photos", "warning", sentence, len(unread), tuple(unread)))
    return found


def near_duplicate_findings(pairs: Sequence[NearDuplicate], split: str) -> list[AuditFinding]:
    """Photos that are nearly identical to one of another split."""
    if not pairs:
        return []
    photos = len({pair.image_id for pair in pairs})
    sentence = (
        f"{counted(photos, 'photo')} of {split} nearly identical to one of another split; look at them: "
        "if they are copies, results are too high"
    )
    return [AuditFinding("near-duplicates-across-splits", "warning", sentence, photos, tuple(map(str, pairs)))]


def training_photo_findings(pairs: EmbeddedPairs) -> list[AuditFinding]:
    """Photos that the model was trained on, or copies of them; see ``find_trained_on``."""
    if not pairs.trained_on:
        return []
    sentence = contamination_note(len(pairs.trained_on), len(pairs.images))
    return [AuditFinding("trained-on", "error", sentence, len(pairs.trained_on), pairs.trained_on)]


def _groups(
    code: str, severity: Severity, sentence: str, groups: Sequence[Sequence[str]], split_of: Mapping[str, str]
) -> AuditFinding:
    examples = (" = ".join(f"{split_of.get(name, 'all')}/{name}" for name in group) for group in groups)
    return AuditFinding(code, severity, sentence, len(groups), tuple(examples))
