"""What an index run tells while it goes on: its plan, its progress, and who listens."""

from dataclasses import dataclass
from typing import Protocol

from twinlens.collection.indexing.telling.report import IndexReport


@dataclass(frozen=True)
class IndexPlan:
    """What an index run has to do, known before any photo is opened.

    Attributes:
        found: photo files in all folders.
        to_read: files that are new, changed or to be retried.
        disk_bytes: estimated size of the new vectors.
    """

    found: int
    to_read: int
    disk_bytes: int


@dataclass(frozen=True)
class CaptionPlan:
    """What a caption file contains, known before any caption is embedded.

    Attributes:
        found: captions of photos in the collection.
        to_embed: new ones among them.
        disk_bytes: estimated size of the new vectors.
    """

    found: int
    to_embed: int
    disk_bytes: int


@dataclass(frozen=True)
class ModelChangePlan:
    """What a change to another model has to embed, known before any photo is opened.

    Attributes:
        model: name or folder of the new model.
        is_update: the name stays the same, but the model behind it has changed.
        photos: all photos.
        photos_left: photos still to be embedded; fewer after an interrupted run.
        captions_left: the same for captions.
        disk_bytes: estimated size of the new vectors, until the old ones are deleted.
    """

    model: str
    is_update: bool
    photos: int
    photos_left: int
    captions_left: int
    disk_bytes: int


@dataclass(frozen=True)
class ModelChangeProgress:
    """Progress of a model change.

    Attributes:
        photos: finished ones of the plan's ``photos_left``.
        captions: finished ones of ``captions_left``.
        seconds_left: estimated from the speed of this run; None until it is known.
    """

    photos: int
    captions: int
    seconds_left: float | None


class IndexListener(Protocol):
    """Receives progress events of indexing."""

    def planned(self, plan: IndexPlan) -> None:
        """The folders have been scanned."""

    def advanced(self, done: int, report: IndexReport) -> None:
        """``done`` of the plan's ``to_read`` files are stored."""

    def captions_planned(self, plan: CaptionPlan) -> None:
        """The captions have been read and matched to photos."""

    def captions_advanced(self, done: int) -> None:
        """``done`` of the plan's ``to_embed`` captions are stored."""

    def videos_advanced(self, done: int, total: int, /) -> None:
        """``done`` of ``total`` new videos have been looked at, after all photos."""

    def helped(self, done: int, /) -> None:
        """``done`` photos were read for the run of another process, before this one's begins."""

    def change_planned(self, plan: ModelChangePlan) -> None:
        """The model has changed; everything must be embedded again."""

    def change_advanced(self, progress: ModelChangeProgress) -> None:
        """The new model has embedded more, and it is stored."""


class SilentListener:
    """Ignores all events."""

    def planned(self, plan: IndexPlan) -> None:
        """The folders have been scanned."""

    def advanced(self, done: int, report: IndexReport) -> None:
        """More files are stored."""

    def captions_planned(self, plan: CaptionPlan) -> None:
        """The captions have been read and matched to photos."""

    def captions_advanced(self, done: int) -> None:
        """More captions are stored."""

    def videos_advanced(self, done: int, total: int, /) -> None:
        """More videos have been looked at."""

    def helped(self, done: int, /) -> None:
        """More photos were read for another process."""

    def change_planned(self, plan: ModelChangePlan) -> None:
        """The model has changed; everything must be embedded again."""

    def change_advanced(self, progress: ModelChangeProgress) -> None:
        """The new model has embedded more, and it is stored."""
