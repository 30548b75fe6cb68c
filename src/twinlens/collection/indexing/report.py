"""What a run of indexing plans, tells while it goes, and reports in the end."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from twinlens.embedding.local import Skipped


@dataclass
class CaptionReport:
    """What one run did with a file of captions.

    Attributes:
        captions: captions that can be searched now.
        added: captions that were new.
        removed: captions that the file no longer lists for a photo that it lists.
        unchanged: captions that were known already.
        cut: how many of the added are longer than the model reads.
        unmatched: captions whose photo is not in the collection.
        unmatched_photos: those photos as the file names them, and what was looked for.
        seconds: embedding included.
    """

    captions: int = 0
    added: int = 0
    removed: int = 0
    unchanged: int = 0
    cut: int = 0
    unmatched: int = 0
    unmatched_photos: list[Skipped] = field(default_factory=list)
    seconds: float = 0.0

    def to_json(self) -> dict[str, Any]:
        """What ``twinlens index --captions FILE --json`` prints besides the photos' fields."""
        counts = ("added", "removed", "unchanged", "cut", "unmatched")
        return {
            "captions": self.captions,
            **{f"captions_{name}": getattr(self, name) for name in counts},
            "captions_unmatched_photos": [photo._asdict() for photo in self.unmatched_photos],
        }


@dataclass
class ModelChangeReport:
    """What one run did to embed a collection again with another model.

    Attributes:
        model: name or folder of the model that is changed to.
        fingerprint: its fingerprint.
        photos: photos embedded in this run; copies of one content count each.
        captions: captions embedded in this run.
        waiting: photos that cannot be reached just now; the change waits for them.
        is_complete: True when the model's vectors have taken over.
        seconds: embedding and taking over.
    """

    model: str
    fingerprint: str
    photos: int = 0
    captions: int = 0
    waiting: list[Skipped] = field(default_factory=list)
    is_complete: bool = False
    seconds: float = 0.0

    def after(self, earlier: "ModelChangeReport") -> "ModelChangeReport":
        """The run right before this one, and this one, as one."""
        return replace(
            self,
            photos=earlier.photos + self.photos,
            captions=earlier.captions + self.captions,
            seconds=round(earlier.seconds + self.seconds, 3),
        )

    def to_json(self) -> dict[str, Any]:
        """Its part of what ``twinlens index --json`` prints."""
        return {**vars(self), "waiting": [photo._asdict() for photo in self.waiting]}


@dataclass
class IndexReport:
    """What one run of indexing did; the fields of ``twinlens index --json``.

    Attributes:
        captions: what was done with a file of captions; None without one.
        deferred: new content that was left for the next model, since the one of record is not here.
        model_change: what was done to change to another model; None where the model stays.
    """

    added: int = 0
    updated: int = 0
    renamed: int = 0
    removed: int = 0
    unchanged: int = 0
    skipped: list[Skipped] = field(default_factory=list)
    images: int = 0
    seconds: float = 0.0
    captions: CaptionReport | None = None
    deferred: int = 0
    model_change: ModelChangeReport | None = None

    def to_json(self) -> dict[str, Any]:
        """The contract's fields; those of captions and of a change of model where there was one."""
        fields = {**vars(self), "skipped": [skipped._asdict() for skipped in self.skipped]}
        captions, deferred, change = (fields.pop(name) for name in ("captions", "deferred", "model_change"))
        if captions is not None:
            fields |= captions.to_json()
        return fields if change is None else {**fields, "deferred": deferred, "model_change": change.to_json()}

    def followed_by(self, later: "IndexReport") -> "IndexReport":
        """This run and the one right after it as one: what came or moved in the first is unchanged in the second."""
        return IndexReport(
            added=self.added + later.added,
            updated=self.updated + later.updated,
            renamed=self.renamed + later.renamed,
            removed=self.removed + later.removed,
            unchanged=max(0, later.unchanged - self.added - self.updated - self.renamed),
            skipped=later.skipped,
            images=later.images,
            seconds=round(self.seconds + later.seconds, 3),
            deferred=later.deferred,
            model_change=self.model_change,
        )


@dataclass(frozen=True)
class IndexPlan:
    """What a scan found to do, before any photo is opened.

    Attributes:
        found: photo files in all folders.
        to_read: files that are new, changed or worth another try.
        disk_bytes: about what the new vectors will take.
    """

    found: int
    to_read: int
    disk_bytes: int


@dataclass(frozen=True)
class CaptionPlan:
    """What a file of captions brings, before any caption is embedded.

    Attributes:
        found: its captions of photos in the collection.
        to_embed: those of them that are new.
        disk_bytes: about what the new ones will take.
    """

    found: int
    to_embed: int
    disk_bytes: int


@dataclass(frozen=True)
class PendingModelChange:
    """A change to another model that is not complete.

    Attributes:
        model: name or folder of the model.
        fingerprint: its fingerprint.
        photos_done: photos that it has embedded.
        photos: all photos.
        is_begun: False where only ``index`` would begin it, since the model of that name is another now.
    """

    model: str
    fingerprint: str
    photos_done: int
    photos: int
    is_begun: bool


@dataclass(frozen=True)
class ModelChangePlan:
    """What a change to another model has to embed, before any photo is opened.

    Attributes:
        model: name or folder of the model.
        is_update: the collection keeps its model's name; it is the model that is another now.
        photos: all that there are.
        photos_left: those that are still to be embedded; fewer where an earlier run was interrupted.
        captions_left: likewise of captions.
        disk_bytes: about what the new vectors will take until the old ones go.
    """

    model: str
    is_update: bool
    photos: int
    photos_left: int
    captions_left: int
    disk_bytes: int


@dataclass(frozen=True)
class ModelChangeProgress:
    """How far a run that changes the model is.

    Attributes:
        photos: of the plan's ``photos_left``, those that are dealt with.
        captions: likewise of ``captions_left``.
        seconds_left: by the pace of this run; None before it can be told.
    """

    photos: int
    captions: int
    seconds_left: float | None


class IndexListener(Protocol):
    """Is told how indexing goes."""

    def planned(self, plan: IndexPlan) -> None:
        """The folders were walked."""

    def advanced(self, done: int, report: IndexReport) -> None:
        """``done`` of the plan's ``to_read`` files are committed."""

    def captions_planned(self, plan: CaptionPlan) -> None:
        """The captions were read and their photos found."""

    def captions_advanced(self, done: int) -> None:
        """``done`` of the plan's ``to_embed`` captions are committed."""

    def change_planned(self, plan: ModelChangePlan) -> None:
        """The model is another now; all is to be embedded again."""

    def change_advanced(self, progress: ModelChangeProgress) -> None:
        """More is embedded by the next model, and committed."""


class SilentListener:
    """Does nothing."""

    def planned(self, plan: IndexPlan) -> None:
        """The folders were walked."""

    def advanced(self, done: int, report: IndexReport) -> None:
        """More files are committed."""

    def captions_planned(self, plan: CaptionPlan) -> None:
        """The captions were read and their photos found."""

    def captions_advanced(self, done: int) -> None:
        """More captions are committed."""

    def change_planned(self, plan: ModelChangePlan) -> None:
        """The model is another now; all is to be embedded again."""

    def change_advanced(self, progress: ModelChangeProgress) -> None:
        """More is embedded by the next model, and committed."""


def reasons_summary(skipped: Iterable[Skipped]) -> Iterator[tuple[str, int]]:
    """How many files were skipped for each reason, most frequent first."""
    yield from Counter(item.reason for item in skipped).most_common()
