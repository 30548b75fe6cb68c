"""What a run of indexing plans, tells while it goes, and reports in the end."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol

from twinlens.embedding import Skipped


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
class IndexReport:
    """What one run of indexing did; the fields of ``twinlens index --json``.

    Attributes:
        captions: what was done with a file of captions; None without one.
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

    def to_json(self) -> dict[str, Any]:
        """The contract's fields."""
        fields = {**vars(self), "skipped": [skipped._asdict() for skipped in self.skipped]}
        captions = fields.pop("captions")
        return fields if captions is None else {**fields, **captions.to_json()}


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


def reasons_summary(skipped: Iterable[Skipped]) -> Iterator[tuple[str, int]]:
    """How many files were skipped for each reason, most frequent first."""
    yield from Counter(item.reason for item in skipped).most_common()
