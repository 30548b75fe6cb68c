"""Reports of index runs: what was done, what was skipped and why."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath
from typing import Any

from twinlens.collection.indexing.scanning.missing import MissingFolder
from twinlens.collection.indexing.scanning.scan import LINK_OUT, LeftOut
from twinlens.collection.indexing.verification import VerifyReport
from twinlens.counted import counted
from twinlens.data.decoding.kinds import NOT_READ_YET, VIDEO_SUFFIXES
from twinlens.embedding.local import Skipped


@dataclass
class CaptionReport:
    """Result of indexing a caption file.

    Attributes:
        captions: searchable captions after the run.
        added: new captions.
        removed: captions of listed photos that the file no longer has.
        unchanged: captions that were already known.
        cut: added captions that were truncated because the model reads less.
        unmatched: captions whose photo is not in the collection.
        unmatched_photos: these photos as named in the file, and the reasons.
        seconds: including embedding.
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
        """The fields that ``twinlens index --captions FILE --json`` adds to those of the photos."""
        counts = ("added", "removed", "unchanged", "cut", "unmatched")
        return {
            "captions": self.captions,
            **{f"captions_{name}": getattr(self, name) for name in counts},
            "captions_unmatched_photos": [photo._asdict() for photo in self.unmatched_photos],
        }


@dataclass
class ModelChangeReport:
    """Result of one run of embedding a collection with another model.

    Attributes:
        model: name or folder of the new model.
        fingerprint: its fingerprint.
        photos: photos read and embedded in this run; copies count individually.
        captions: captions embedded in this run.
        from_features: photos embedded in this run without being read, from the features that the collection has.
        waiting: photos whose file cannot be reached now; the change waits for them.
        is_complete: True once the new vectors have replaced the old ones.
        seconds: including embedding and replacing.
    """

    model: str
    fingerprint: str
    photos: int = 0
    captions: int = 0
    waiting: list[Skipped] = field(default_factory=list)
    is_complete: bool = False
    seconds: float = 0.0
    from_features: int = 0

    def after(self, earlier: "ModelChangeReport") -> "ModelChangeReport":
        """Merges the report of the previous run with this one."""
        return replace(
            self,
            photos=earlier.photos + self.photos,
            captions=earlier.captions + self.captions,
            from_features=earlier.from_features + self.from_features,
            seconds=round(earlier.seconds + self.seconds, 3),
        )

    def to_json(self) -> dict[str, Any]:
        """The fields of ``twinlens index --json`` about the change."""
        return {**vars(self), "waiting": [photo._asdict() for photo in self.waiting]}


@dataclass
class IndexReport:
    """Result of one index run; the fields of ``twinlens index --json``.

    Attributes:
        captions: result for the caption file; None without one.
        deferred: new photos left for the new model, because the model of record is not available.
        model_change: result of switching to another model; None if the model stays.
        restored: photos that got back captions or marks which were kept while their content was gone.
        kept: photos that are gone whose captions or marks are kept, after the run.
        dropped: photos whose captions or marks are no longer kept.
        kept_folders: folders whose photos are missing, but stay in the collection.
        verification: result of reading unchanged photos again; None if that was not asked for.
        brought: photos whose vectors were taken from another program.
        retold: photos whose texts were read, because a file beside them, such as ``photo.xmp``, is new or has changed,
            or because an earlier release did not read them.
        videos: new videos that were looked at.
        albums: made of folders that Google Takeout calls albums.
        left_out: what was passed over, by reason: hidden files, what systems keep, what patterns exclude.
        unmatched: patterns to exclude that match nothing.
        by_others: photos that indexers on other machines have read for this run.
        helped: photos that this process has read for the run of another one, before its own.
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
    restored: int = 0
    kept: int = 0
    dropped: int = 0
    kept_folders: list[MissingFolder] = field(default_factory=list)
    verification: VerifyReport | None = None
    brought: int = 0
    retold: int = 0
    videos: int = 0
    albums: int = 0
    left_out: list[LeftOut] = field(default_factory=list)
    unmatched: list[str] = field(default_factory=list)
    by_others: int = 0
    helped: int = 0

    def to_json(self) -> dict[str, Any]:
        """The documented fields; those of captions, a model change, missing photos and a verification only if any."""
        fields = {**vars(self), "skipped": [skipped._asdict() for skipped in self.skipped]}
        missing = {
            name: fields.pop(name)
            for name in (
                *("restored", "kept", "dropped", "kept_folders", "brought", "retold", "videos", "albums"),
                *("by_others", "helped"),
            )
        }
        missing["kept_folders"] = [folder.to_json() for folder in self.kept_folders]
        missing["left_out"] = [one._asdict() for one in fields.pop("left_out")]
        missing["unmatched_patterns"] = fields.pop("unmatched")
        fields |= {name: value for name, value in missing.items() if value}
        captions, deferred, change = (fields.pop(name) for name in ("captions", "deferred", "model_change"))
        verification = fields.pop("verification")
        if kinds := kinds_not_read(self.skipped):
            fields["kinds_not_read"] = kinds
        if captions is not None:
            fields |= captions.to_json()
        if verification is not None:
            fields |= verification.to_json()
        return fields if change is None else {**fields, "deferred": deferred, "model_change": change.to_json()}

    def followed_by(self, later: "IndexReport") -> "IndexReport":
        """Merges this run with the next one: photos added or moved in the first are unchanged in the second."""
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
            restored=self.restored + later.restored,
            kept=later.kept,
            dropped=self.dropped + later.dropped,
            kept_folders=later.kept_folders,
            verification=self.verification,
            brought=self.brought + later.brought,
            retold=self.retold + later.retold,
            videos=self.videos + later.videos,
            albums=self.albums + later.albums,
            left_out=later.left_out,
            unmatched=later.unmatched,
            by_others=self.by_others + later.by_others,
        )


@dataclass(frozen=True)
class PendingModelChange:
    """An incomplete change to another model.

    Attributes:
        model: name or folder of the new model.
        fingerprint: its fingerprint.
        photos_done: photos that it has embedded.
        photos: all photos.
        is_begun: False if the model of that name has changed, but ``index`` has not started the change yet.
    """

    model: str
    fingerprint: str
    photos_done: int
    photos: int
    is_begun: bool


def kinds_not_read(skipped: Iterable[Skipped]) -> dict[str, int]:
    """Number of files of each kind that is not read yet, by the ends of their names, most frequent first.

    >>> kinds_not_read([Skipped("a.SVG", "kind not read yet: drawing (.svg)"), Skipped("b.jpg", "empty")])
    {'.svg': 1}
    """
    unread = [item for item in skipped if item.reason.startswith(NOT_READ_YET)]
    kinds = Counter(PurePosixPath(item.path).suffix.lower() or item.reason.partition(": ")[2] for item in unread)
    return dict(kinds.most_common())


def videos_not_read(skipped: Iterable[Skipped]) -> str | None:
    """How many videos were left out for want of what reads them, and what to do; None if there are none.

    >>> videos_not_read([Skipped("a.MP4", "kind not read yet: video (.mp4)")])
    "1 video was left out; to find videos, too: pip install 'twinlens[av]', and index again"
    """
    count = sum(number for end, number in kinds_not_read(skipped).items() if end in VIDEO_SUFFIXES)
    if not count:
        return None
    left_out = counted(count, "video was left out", "videos were left out")
    return f"{left_out}; to find videos, too: pip install 'twinlens[av]', and index again"


def why_no_photos(skipped: Sequence[Skipped], *, has_excluded: bool = False) -> tuple[str, Sequence[Skipped]]:
    """Why folders have no photos to index, for a ``NoPhotosError``: what their files are, and the files.

    Args:
        skipped: files that are there.
        has_excluded: whether patterns leave out others.
    """
    if has_excluded:
        return "contains no photos to index besides those that are excluded (--exclude, .twinlensignore)", skipped
    kinds = kinds_not_read(skipped)
    unread = sum(kinds.values())
    others = counted(len(skipped) - unread, "other file")
    if not skipped:
        return "contains no photos to index; give a folder with photos", skipped
    if not unread:
        links = any(file.reason == LINK_OUT for file in skipped)
        remedy = "its links lead elsewhere: add --follow-links, or give" if links else "give"
        return f"contains no photos to index, only {others}; {remedy} a folder with photos", skipped
    listed = ", ".join(f"{count:,} {kind}" for kind, count in kinds.items())
    besides = f", and {others}" if len(skipped) > unread else ""
    return (
        "contains no photos that can be read: "
        f"{counted(unread, 'file of a kind that is', 'files of kinds that are')} not read yet: {listed}{besides}; "
        f"{videos_not_read(skipped) or 'save them as JPEG'}, or give a folder with photos",
        skipped,
    )


def reasons_summary(skipped: Iterable[Skipped]) -> Iterator[tuple[str, int]]:
    """Number of skipped files per reason, most frequent first."""
    yield from Counter(item.reason for item in skipped).most_common()
