"""``twinlens duplicates``: list groups of photos of which one may be enough."""

from pathlib import Path
from typing import Annotated

import typer

from twinlens import api
from twinlens.cli.options.common import Existing
from twinlens.cli.outcome import FOUND, NOTHING_FOUND, AsJson, as_exit_code, logged, print_json, say
from twinlens.counted import counted

EXAMPLE = "Example: twinlens duplicates --in ~/Pictures --kind exact --kind near --move-list copies.txt"


@as_exit_code
@logged
def run(
    place: Existing = None,
    kinds: Annotated[
        list[str] | None,
        typer.Option(
            "--kind",
            metavar="KIND",
            help="Only exact, raw, edited, near or series; may be repeated.",
            show_default=False,
        ),
    ] = None,
    move_list: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            readable=False,
            help="Also write the paths of all but the best members to a new file; without --kind only of exact and "
            "near ones.",
        ),
    ] = None,
    nul: Annotated[bool, typer.Option("-0", help="Separate the paths of the move list by NUL, not by lines.")] = False,
    as_json: AsJson = False,
) -> int:
    """List copies and near copies of photos, series and edited ones; deletes and moves nothing."""
    if nul and move_list is None:
        raise typer.BadParameter("-0 separates the paths of the move list; give --move-list FILE as well")
    asked = api.duplicates.known_kinds(kinds or None)
    if move_list is not None:
        api.duplicates.check_move_list(move_list)
    found = _find(place, asked)
    listed = None
    if move_list is not None:
        chosen = found.removable(asked if kinds else None)
        listed = api.duplicates.write_move_list(move_list, chosen, nul=nul)
    if as_json:
        print_json(found.to_json())
    else:
        for number, group in enumerate(found.groups, 1):
            _show(number, group)
    _summarize(found, asked)
    if listed is not None:
        left_out = "" if kinds else "; files of other kinds than exact and near are listed if asked for with --kind"
        say(f"{move_list}: {counted(listed, 'path')}{left_out}")
    return FOUND if found.groups else NOTHING_FOUND


def _find(place: Path | None, kinds: tuple[str, ...]) -> "api.duplicates.Duplicates":
    from twinlens.cli.progress import progress_bar

    opened = api.library.find_existing(place)
    with opened.collection as collection, progress_bar() as bar:
        task = bar.add_task("comparing", total=None, visible=False)

        def show(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total, visible=True)

        return collection.duplicates(kinds, on_progress=show, **opened.filters())


def _show(number: int, group: "api.duplicates.DuplicateGroup") -> None:
    best = group.best
    size = f"{best.width} × {best.height}, {(best.size_bytes or 0) / 1e6:.1f} MB"
    _line(number, "best", best, size)
    for other in group.others:
        told = [other.evidence()] if other.figures else []
        if other.of != best.id:
            told.append(f"of {api.searching.on_one_line(other.of)}")
        _line(number, other.kind, other.photo, ", ".join(told) or _WITHOUT_FIGURES[other.kind])


_WITHOUT_FIGURES = {"exact": "same content", "raw": "same name"}


def _line(number: int, kind: str, photo: "api.duplicates.GroupedPhoto", told: str) -> None:
    typer.echo(f"{number}\t{kind}\t{api.searching.on_one_line(str(photo.path))}\t{told}")


def _summarize(found: "api.duplicates.Duplicates", asked: tuple[str, ...]) -> None:
    of_each = ", ".join(f"{count:,} {kind}" for kind, count in found.counts().items() if count)
    files = f"; besides the best ones: {of_each}" if of_each else ""
    say(f"{counted(len(found.groups), 'group')}{files}; nothing was moved or deleted")
    if not found.has_features and not set(asked) <= {"exact", "raw"}:
        say("the model of this collection has no features of photos, so only exact copies and RAW files are found")
    packed = sum(other.photo.in_archive for group in found.groups for other in group.others)
    if packed:
        say(f"{counted(packed, 'photo')} of these in archives: shown, and never on a move list")
    if found.not_compared:
        say(
            f"{counted(found.not_compared, 'photo')} left out: gone or changed since the last index run, or a link; "
            "twinlens index brings the collection up to date"
        )
