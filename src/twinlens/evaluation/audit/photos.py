"""Photos that leak: the same ones, to the byte or nearly, in the audited split and in another."""

from collections.abc import Mapping, Sequence

from twinlens.data.survey import Survey
from twinlens.evaluation.audit.finding import AuditFinding, Severity, counted
from twinlens.evaluation.audit.near_duplicates import NearDuplicate
from twinlens.types import CaptionedImage


def split_of_photo(splits: Mapping[str, Sequence[CaptionedImage]]) -> dict[str, str]:
    """Image id → its split; of an id in two splits the later one, which ``listed_twice`` names."""
    return {image.image_id: name for name, images in splits.items() for image in images}


def listed_twice(splits: Mapping[str, Sequence[CaptionedImage]]) -> list[AuditFinding]:
    """Ids that two splits list; our readers refuse such data, those of others may not."""
    seen: dict[str, str] = {}
    twice: list[str] = []
    for name, images in splits.items():
        for image in images:
            if (other := seen.setdefault(image.image_id, name)) != name:
                twice.append(f"{image.image_id}: {other} and {name}")
    if not twice:
        return []
    sentence = f"two splits list {counted(len(twice), 'photo')}; what was trained on is measured"
    return [AuditFinding("photo-in-two-splits", "error", sentence, len(twice), tuple(twice))]


def same_photo_findings(survey: Survey, split_of: Mapping[str, str], split: str) -> list[AuditFinding]:
    """Photos that are the same byte by byte, and such that do not open, out of a survey that read them."""
    found = []
    groups = [*(survey.same_across_splits or ()), *(survey.same_within_split or ())]
    splits = [{split_of[name] for name in group if name in split_of} for group in groups]
    across = [group for group, own in zip(groups, splits, strict=True) if len(own) > 1 and split in own]
    elsewhere = [group for group, own in zip(groups, splits, strict=True) if len(own) > 1 and split not in own]
    within = [group for group, own in zip(groups, splits, strict=True) if own == {split}]
    if across:
        sentence = (
            f"another split has {counted(len(across), 'photo')} of {split} too, byte by byte; the figures are too high"
        )
        found.append(_groups("same-photo-across-splits", "error", sentence, across, split_of))
    if elsewhere:
        sentence = (
            f"two of the other splits share {counted(len(elsewhere), 'photo')}, byte by byte; "
            "the run may have been steered by what it was trained on"
        )
        found.append(_groups("same-photo-in-other-splits", "warning", sentence, elsewhere, split_of))
    if within:
        sentence = (
            f"{split} has {counted(len(within), 'photo')} more than once, byte by byte; "
            "one of the copies counts as wrong each time"
        )
        found.append(_groups("same-photo-in-split", "warning", sentence, within, split_of))
    if unread := [*survey.missing, *(photo["image_id"] for photo in survey.broken or ())]:
        sentence = f"missing or impossible to open: {counted(len(unread), 'photo')} of the data, in no figure"
        found.append(AuditFinding("unreadable-photos", "warning", sentence, len(unread), tuple(unread)))
    return found


def near_duplicate_findings(pairs: Sequence[NearDuplicate], split: str) -> list[AuditFinding]:
    """Photos that are nearly the same as one of another split."""
    if not pairs:
        return []
    photos = len({pair.image_id for pair in pairs})
    sentence = (
        f"another split has nearly the same as {counted(photos, 'photo')} of {split}; look at them: "
        "where they are copies, the figures are too high"
    )
    return [AuditFinding("near-duplicates-across-splits", "warning", sentence, photos, tuple(map(str, pairs)))]


def _groups(
    code: str, severity: Severity, sentence: str, groups: Sequence[Sequence[str]], split_of: Mapping[str, str]
) -> AuditFinding:
    examples = (" = ".join(f"{split_of.get(name, 'all')}/{name}" for name in group) for group in groups)
    return AuditFinding(code, severity, sentence, len(groups), tuple(examples))
