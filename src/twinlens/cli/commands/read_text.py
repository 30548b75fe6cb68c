"""``twinlens read-text``: read what is written in pictures."""

from collections import Counter
from typing import TYPE_CHECKING, Annotated

import typer

from twinlens import api
from twinlens.cli.interrupts import interrupts
from twinlens.cli.options.common import Existing
from twinlens.cli.options.filters import FilterValues, check_filters, with_filters
from twinlens.cli.outcome import FOUND, AsJson, as_exit_code, logged, print_json, say
from twinlens.cli.progress import texts_bar
from twinlens.counted import counted

if TYPE_CHECKING:
    from twinlens.api.photos.recognizing import TextReport

EXAMPLE = "Example: twinlens read-text --in ~/Pictures, then: twinlens search 'text:\"way out\"' --in ~/Pictures"
FAILURES_SHOWN = 5


@as_exit_code
@logged
@with_filters
def run(
    all_photos: Annotated[
        bool, typer.Option("--all", help="Also read photos in which nothing looks like writing.")
    ] = False,
    place: Existing = None,
    filters: FilterValues | None = None,
    as_json: AsJson = False,
) -> int:
    """Read what is written in pictures: signs, screenshots, documents. Photos are then found by it.

    Reads only photos that were not read before; each content once. Interrupt at any time: the next run continues.
    Needs the extra ocr: pip install 'twinlens[ocr]'. Nothing leaves the machine, and no photo file is changed.
    """
    check_filters(filters or {})
    opened = api.library.find_existing(place)
    kept = interrupts(lambda: "what was read is kept; the same command continues")
    with opened.collection as collection, kept, texts_bar("reading text") as on_progress:
        chosen = opened.filters(filters)
        report = collection.read_texts(all_photos=all_photos, on_progress=on_progress, **chosen)
    if as_json:
        print_json(report.to_json())
    _summarize(report)
    return FOUND


def _summarize(report: "TextReport") -> None:
    if report.read or report.unlikely or report.failed:
        say(f"{counted(report.read, 'photo')} read, {report.with_text:,} with text ({report.seconds:.1f} s)")
    else:
        say("no photo is to be read: all were looked at before; see twinlens status")
    if report.unlikely:
        say(f"{counted(report.unlikely, 'photo')} left out: nothing in them looks like writing; --all reads them, too")
    if report.failed:
        say(f"{counted(len(report.failed), 'photo')} could not be read; the next run tries again:")
        for reason, count in Counter(photo.reason for photo in report.failed).most_common(FAILURES_SHOWN):
            example = next(photo.path for photo in report.failed if photo.reason == reason)
            say(f"  {count:,} × {reason}, for example {api.searching.on_one_line(example)}")
