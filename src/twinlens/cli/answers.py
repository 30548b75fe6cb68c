"""Print answers: one line per hit, JSON, or a contact sheet."""

import json
import os
from collections.abc import Sequence
from pathlib import Path

import typer

from twinlens import api
from twinlens.cli.outcome import FOUND, NOTHING_FOUND, say
from twinlens.errors import valid_unicode


def show_answer(
    answer: "api.searching.Answer",
    *,
    grid: Path | None = None,
    open_sheet: bool = False,
    as_json: bool,
    with_query: bool = False,
    tell_dates: bool = True,
) -> int:
    """Prints an answer on stdout, writes and opens the contact sheet, and returns the exit code.

    ``with_query`` puts the query at the start of each line, for runs that answer several queries.
    ``tell_dates`` tells on stderr what a date filter could not judge well.
    """
    hits, is_match = answer.shown, bool(answer.matching)
    query = answer.search.query.text
    if answer.query_read is not None:
        read, words = answer.query_read.split(), query.split()
        say(f"warning: the query has {len(words):,} words, the model reads {len(read)}, up to '{' '.join(read[-3:])}'")
    if tell_dates and answer.date_note:
        say(answer.date_note)
    if not is_match:
        say(why_nothing(answer, with_query=with_query))
    if as_json:
        print_json(answer.to_json())
    else:
        for hit in hits:
            found = _path_here(hit.path) if hit.caption is None else hit.caption
            print_line(hit, found, query=query if with_query else None, mark=None if is_match else "not a match")
    if (grid or open_sheet) and hits:
        write_sheet(sheet_title(answer), hits, grid, open_sheet=open_sheet)
    return FOUND if is_match else NOTHING_FOUND


def why_nothing(answer: "api.searching.Answer", *, with_query: bool = False) -> str:
    """The line that explains why nothing matches."""
    search, count = answer.search, f"{answer.num_candidates:,}"
    candidates = "captions" if search.target == "caption" else "photos"
    of_query = f" for '{search.query.text}'" if with_query else ""
    if not answer.num_candidates:
        return f"nothing found{of_query}: 0 {candidates} pass the filters; leave one out"
    if not answer.closest:
        return f"nothing found{of_query} behind the first {search.page.offset:,}: there are {count} {candidates}"
    least = "" if search.min_probability is None else f" with a probability of {search.min_probability:g} or more"
    closest = "the closest one is" if len(answer.closest) == 1 else f"the {len(answer.closest)} closest are"
    return f"nothing here matches{of_query}{least} among {count} {candidates}; {closest} shown, --all shows more"


def check_sheet(grid: Path | None) -> None:
    """Rejects a path where no contact sheet can be written, before any work is done.

    Raises:
        typer.BadParameter: the file extension is not supported, or another file is there.
    """
    from twinlens.errors import QueryError

    try:
        if grid:
            api.searching.check_sheet_path(grid.expanduser())
    except QueryError as error:
        raise typer.BadParameter(str(error)) from error


def sheet_title(answer: "api.searching.Answer") -> str:
    """The heading of a contact sheet."""
    return answer.search.query.text if answer.matching else f"nothing matches: {answer.search.query.text}"


def write_sheet(title: str, hits: "Sequence[api.searching.Hit]", grid: Path | None, *, open_sheet: bool) -> None:
    import tempfile

    path = grid.expanduser() if grid else Path(tempfile.mkdtemp(prefix="twinlens-")) / "hits.html"
    api.searching.write_contact_sheet([(title, hits)], path)
    say(f"contact sheet: {path}")
    if open_sheet:
        typer.launch(str(path))


def print_line(
    found: "api.searching.Hit | api.searching.RankedCaption",
    what: str,
    *,
    query: str | None = None,
    mark: str | None = None,
) -> None:
    """Prints one result on stdout: query (if given), rank, probability, score, path or caption, mark (if given)."""
    probability = "-" if found.probability is None else f"{found.probability:.2f}"
    front = "" if query is None else f"{api.searching.on_one_line(query)}\t"
    behind = "" if mark is None else f"\t{mark}"
    typer.echo(f"{front}{found.rank}\t{probability}\t{found.score:.4f}\t{api.searching.on_one_line(what)}{behind}")


def print_json(answer: dict[str, object]) -> None:
    """Prints one answer as JSON on stdout."""
    typer.echo(valid_unicode(json.dumps(answer, ensure_ascii=False), backslash="\\\\"))


def _path_here(path: Path) -> str:
    """The path, relative if it is inside the current folder."""
    here = Path.cwd()
    return api.searching.as_text(os.path.relpath(path, here) if path.is_relative_to(here) else str(path))
