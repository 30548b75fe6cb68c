"""Runs that change a collection: bars on stderr while they go on, and a summary at their end."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from twinlens import api
from twinlens.cli.interrupts import interrupts
from twinlens.cli.outcome import say

if TYPE_CHECKING:
    from twinlens.cli.progress import IndexProgress

REASONS_SHOWN = 5


def index_with_progress(
    collection: "api.library.Collection",
    *,
    captions: Path | None = None,
    forget_missing: bool = False,
    drop_kept: bool = False,
    verify: bool = False,
    follow_links: bool | None = None,
    ask: bool = False,
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


def _kept(collection: "api.library.Collection") -> str:
    kept = "finished work is kept" if len(collection) else "no photo was indexed yet"
    return f"{kept}; the same command continues"


def _summarize(report: "api.indexing.IndexReport") -> None:
    counts = ("added", "updated", "renamed", "removed", "unchanged")
    told = ", ".join(f"{getattr(report, name):,} {name}" for name in counts if getattr(report, name))
    say(f"{report.images:,} photos can be searched ({told or 'nothing new'}; {report.seconds:.1f} s)")
    if not report.skipped:
        return
    say(f"{len(report.skipped):,} files were skipped:")
    reasons = list(api.indexing.reasons_summary(report.skipped))
    for reason, count in reasons[:REASONS_SHOWN]:
        example = next(skipped.path for skipped in report.skipped if skipped.reason == reason)
        say(f"  {count:,} × {reason}, for example {example}")
    if len(reasons) > REASONS_SHOWN:
        say(f"  and {len(reasons) - REASONS_SHOWN} other reasons; 'twinlens status --skipped' lists every file")


def _summarize_verification(report: "api.indexing.VerifyReport") -> None:
    earlier = f" ({report.earlier:,} more before it was interrupted)" if report.earlier else ""
    changed = f"{report.changed:,} had changed without a new size or date"
    refreshed = f"{report.refreshed:,} have new metadata or a new vector"
    say(f"{report.verified:,} photos were verified{earlier}: {changed}, {refreshed}")
    if report.unread:
        first = report.unread[0]
        say(f"{len(report.unread):,} photos could not be read now, for example {first.path}: {first.reason}")


def _summarize_given(report: "api.indexing.IndexReport") -> None:
    if report.restored:
        say(f"captions or favourites were restored on {report.restored:,} photos that are back")
    if report.kept and (report.removed or report.updated):
        say(
            f"captions or favourites of {report.kept:,} photos that are gone or changed are kept for "
            f"{api.indexing.KEPT_DAYS} days and restored when the photos come back"
        )
    if report.dropped:
        say(f"captions or favourites of {report.dropped:,} photos that are gone or changed were dropped")


def _is_forgotten(folder: "api.indexing.MissingFolder", listener: "IndexProgress") -> bool:
    """Asks whether the photos of a folder are really gone."""
    listener.pause()
    say(str(folder))
    try:
        return typer.confirm("Are these photos gone for good? Then they leave the collection", err=True)
    except typer.Abort:
        raise KeyboardInterrupt from None


def _summarize_change(change: "api.indexing.ModelChangeReport", *, deferred: int) -> None:
    what = f"{change.photos:,} photos" + (f" and {change.captions:,} captions" if change.captions else "")
    say(f"model {change.model}: {what} embedded again ({change.seconds:.1f} s)")
    if change.is_complete:
        return
    first = change.waiting[0]
    new = f" {deferred:,} new photos wait with them." if deferred else ""
    say(
        f"searches still use the old vectors: {len(change.waiting):,} photos cannot be reached now, for example "
        f"{first.path} ({first.reason}).{new} Run this again once they are back or deleted for good"
    )


def _summarize_captions(report: "api.indexing.CaptionReport") -> None:
    counts = ("added", "removed", "unchanged")
    told = ", ".join(f"{getattr(report, name):,} {name}" for name in counts if getattr(report, name))
    say(f"{report.captions:,} captions can be searched ({told or 'nothing new'}; {report.seconds:.1f} s)")
    if report.cut:
        say(f"{report.cut:,} new captions are longer than the model can read and were truncated")
    if report.unmatched_photos:
        photos, first = len(report.unmatched_photos), report.unmatched_photos[0]
        say(f"{report.unmatched:,} captions belong to {photos:,} photos that are not in the collection:")
        say(f"  for example {first.path}: {first.reason}; --json lists all of them")
