"""Runs that change a collection: bars on stderr while they go on, and a summary at their end."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from twinlens import api
from twinlens.cli.interrupts import interrupts
from twinlens.cli.outcome import say
from twinlens.counted import counted

if TYPE_CHECKING:
    from twinlens.cli.progress import IndexProgress

REASONS_SHOWN = 5
BACK = "photo that is back", "photos that are back"
GONE = "photo that is gone or changed", "photos that are gone or changed"


def index_with_progress(
    collection: "api.library.Collection",
    *,
    captions: Path | None = None,
    forget_missing: bool = False,
    drop_kept: bool = False,
    verify: bool = False,
    follow_links: bool | None = None,
    archives: bool | None = None,
    embeddings: "api.indexing.BroughtVectors | None" = None,
    exclude: Sequence[str] = (),
    no_longer_exclude: Sequence[str] = (),
    ask: bool = False,
    on: "api.cluster.ClusterEmbedding | None" = None,
) -> "api.indexing.IndexReport":
    """Indexes with a progress bar and a summary on stderr; ``ask``: questions may be asked on the terminal."""

    def run(listener: "IndexProgress") -> "api.indexing.IndexReport":
        return collection.index(
            captions=captions,
            listener=listener,
            forget_missing=(lambda folder: _is_forgotten(folder, listener))
            if ask and not forget_missing
            else forget_missing,
            drop_kept=drop_kept,
            verify=verify,
            follow_links=follow_links,
            archives=archives,
            embeddings=embeddings,
            exclude=exclude,
            no_longer_exclude=no_longer_exclude,
            on=on,
            together=True,
        )

    return with_progress(collection, run, asked=ask)


def with_progress(
    collection: "api.library.Collection",
    run: Callable[["IndexProgress"], "api.indexing.IndexReport"],
    *,
    asked: bool = False,
) -> "api.indexing.IndexReport":
    """Runs an operation that changes a collection, with progress bars and a summary on stderr."""
    from twinlens.cli.progress import IndexProgress

    say(f"collection: {collection.path}")
    with IndexProgress() as listener, interrupts(lambda: _kept(collection)):
        report = run(listener)
    if report.model_change is not None:
        _summarize_change(report.model_change, deferred=report.deferred)
    _summarize(report)
    if report.verification is not None:
        _summarize_verification(report.verification)
    _summarize_given(report)
    for folder in [] if asked else report.kept_folders:
        say(f"{folder} Nothing was removed there; if the photos are really gone, run index with --forget-missing")
    if report.captions is not None:
        _summarize_captions(report.captions)
    return report


def change_with_progress(collection: "api.library.Collection") -> None:
    """Changes a collection to the current version of its model, with progress bars and a summary on stderr."""
    from twinlens.cli.progress import IndexProgress

    with IndexProgress() as listener, interrupts(lambda: _kept(collection)):
        change = collection.complete_change(listener=listener)
    if change is not None:
        _summarize_change(change, deferred=0)


def _kept(collection: "api.library.Collection") -> str:
    kept = "finished work is kept" if len(collection) else "no photo was indexed yet"
    return f"{kept}; the same command continues"


def _summarize(report: "api.indexing.IndexReport") -> None:
    counts = ("added", "updated", "renamed", "removed", "unchanged")
    told = ", ".join(f"{getattr(report, name):,} {name}" for name in counts if getattr(report, name))
    say(f"{counted(report.images, 'photo')} can be searched ({told or 'nothing new'}; {report.seconds:.1f} s)")
    if report.brought:
        vectors = counted(report.brought, "vector was", "vectors were")
        say(f"{vectors} brought by another program; some were checked")
    if report.helped:
        say(f"before that, {counted(report.helped, 'photo was', 'photos were')} read for another process")
    if report.by_others:
        say(f"{counted(report.by_others, 'of them was', 'of them were')} read by other processes")
    if report.retold:
        say(
            f"what files say about {counted(report.retold, 'photo')} was read: titles, keywords, people, stars or dates"
        )
    if report.videos:
        say(f"{counted(report.videos, 'new video')} can be found by any of their moments")
    if report.albums:
        say(f"{counted(report.albums, 'album')} of Google Takeout made; 'twinlens albums' lists them")
    if hint := api.indexing.videos_not_read(report.skipped):
        say(hint)
    _summarize_left_out(report)
    if not report.skipped:
        return
    say(f"{counted(len(report.skipped), 'file was skipped', 'files were skipped')}:")
    reasons = list(api.indexing.reasons_summary(report.skipped))
    for reason, count in reasons[:REASONS_SHOWN]:
        example = next(skipped.path for skipped in report.skipped if skipped.reason == reason)
        say(f"  {count:,} × {reason}, for example {example}")
    if len(reasons) > REASONS_SHOWN:
        others = counted(len(reasons) - REASONS_SHOWN, "other reason")
        say(f"  and {others}; 'twinlens status --skipped' lists every file")


def _summarize_left_out(report: "api.indexing.IndexReport") -> None:
    if report.left_out:
        shown = [
            f"{one.entries:,} × {api.searching.on_one_line(one.reason)}" for one in report.left_out[:REASONS_SHOWN]
        ]
        more = ["…"] if len(report.left_out) > REASONS_SHOWN else []
        say(f"left out: {', '.join(shown + more)}; 'twinlens status' names an example of each")
    for pattern in report.unmatched:
        say(
            f"--exclude {api.searching.on_one_line(pattern)} matches nothing; patterns start from the photo folder, "
            "and capital letters count"
        )


def _summarize_verification(report: "api.indexing.VerifyReport") -> None:
    earlier = f" ({report.earlier:,} more before it was interrupted)" if report.earlier else ""
    changed = f"{report.changed:,} had changed without a new size or date"
    refreshed = counted(report.refreshed, "has new metadata or a new vector", "have new metadata or a new vector")
    verified = counted(report.verified, "photo was verified", "photos were verified")
    say(f"{verified}{earlier}: {changed}, {refreshed}")
    if report.unread:
        first = report.unread[0]
        say(f"{counted(len(report.unread), 'photo')} could not be read now, for example {first.path}: {first.reason}")


def _summarize_given(report: "api.indexing.IndexReport") -> None:
    if report.restored:
        say(f"captions, tags and the like were restored on {counted(report.restored, *BACK)}")
    if report.kept and (report.removed or report.updated):
        say(
            f"captions, tags and the like of {counted(report.kept, *GONE)} are kept for "
            f"{api.indexing.KEPT_DAYS} days and restored when the photos come back"
        )
    if report.dropped:
        say(f"captions, tags and the like of {counted(report.dropped, *GONE)} were dropped")


def _is_forgotten(folder: "api.indexing.MissingFolder", listener: "IndexProgress") -> bool:
    """Asks whether the photos of a folder are really gone."""
    listener.pause()
    say(str(folder))
    try:
        return typer.confirm("Are these photos gone for good? Then they leave the collection", err=True)
    except typer.Abort:
        raise KeyboardInterrupt from None


def _summarize_change(change: "api.indexing.ModelChangeReport", *, deferred: int) -> None:
    parts = [counted(change.photos, "photo")] if change.photos or not change.from_features else []
    parts += [f"{counted(change.from_features, 'photo')} (from stored features)"] if change.from_features else []
    parts += [counted(change.captions, "caption")] if change.captions else []
    say(f"model {change.model}: {' and '.join(parts)} embedded again ({change.seconds:.1f} s)")
    if change.is_complete:
        return
    first = change.waiting[0]
    new = f" {counted(deferred, 'new photo waits', 'new photos wait')} with them." if deferred else ""
    waiting = counted(len(change.waiting), "photo")
    say(
        f"searches still use the old vectors: {waiting} cannot be reached now, for example "
        f"{first.path} ({first.reason}).{new} Run this again once they are back or deleted for good"
    )


def _summarize_captions(report: "api.indexing.CaptionReport") -> None:
    counts = ("added", "removed", "unchanged")
    told = ", ".join(f"{getattr(report, name):,} {name}" for name in counts if getattr(report, name))
    say(f"{counted(report.captions, 'caption')} can be searched ({told or 'nothing new'}; {report.seconds:.1f} s)")
    if report.cut:
        cut = counted(report.cut, "new caption is", "new captions are")
        say(f"{cut} longer than the model can read, and truncated")
    if report.unmatched_photos:
        photos = counted(len(report.unmatched_photos), "photo that is", "photos that are")
        first, belong = report.unmatched_photos[0], counted(report.unmatched, "caption belongs", "captions belong")
        say(f"{belong} to {photos} not in the collection:")
        say(f"  for example {first.path}: {first.reason}; --json lists all of them")
