"""Runs that change a collection: bars on stderr while they go on, and a summary at their end."""

from collections.abc import Callable
from pathlib import Path

from twinlens import api
from twinlens.cli.outcome import say

REASONS_SHOWN = 5


def index_with_progress(
    collection: "api.library.Collection",
    *,
    captions: Path | None = None,
    forget_missing: bool = False,
    follow_links: bool | None = None,
) -> "api.indexing.IndexReport":
    """Indexes with a progress bar and a summary on stderr."""
    return with_progress(
        collection,
        lambda listener: collection.index(
            captions=captions, listener=listener, forget_missing=forget_missing, follow_links=follow_links
        ),
    )


def with_progress(
    collection: "api.library.Collection", run: Callable[["api.indexing.IndexListener"], "api.indexing.IndexReport"]
) -> "api.indexing.IndexReport":
    """Runs an operation that changes a collection, with progress bars and a summary on stderr."""
    from twinlens.cli.progress import IndexProgress

    say(f"collection: {collection.path}")
    with IndexProgress() as listener:
        report = run(listener)
    if report.model_change is not None:
        _summarize_change(report.model_change, deferred=report.deferred)
    _summarize(report)
    if report.captions is not None:
        _summarize_captions(report.captions)
    return report


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
        say(f"  and {len(reasons) - REASONS_SHOWN} other reasons; --json lists every file")


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
