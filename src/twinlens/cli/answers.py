"""Print answers: one line per hit, JSON, or a contact sheet."""

import os
from collections.abc import Sequence
from pathlib import Path

import typer

from twinlens import api
from twinlens.cli.outcome import FOUND, NOTHING_FOUND, print_json, say

SHOWN_MISSING = 12  # characters in a warning


def show_answer(
    answer: "api.searching.Answer",
    *,
    grid: Path | None = None,
    open_sheet: bool = False,
    as_json: bool,
    with_query: bool = False,
    tell_dates: bool = True,
    since_index: "api.indexing.SinceIndex | None" = None,
) -> int:
    """Prints an answer on stdout, writes and opens the contact sheet, and returns the exit code.

    Args:
        answer: to a search.
        grid: where to write a contact sheet.
        open_sheet: whether to open it.
        as_json: whether to print JSON instead of lines.
        with_query: whether the query stands at the start of each line, for runs that answer several queries.
        tell_dates: whether to tell on stderr what a date filter could not judge well.
        since_index: what ``say_since_index`` has told.
    """
    hits, is_match = answer.shown, bool(answer.matching)
    query = answer.search.query.text
    if answer.query_read is not None:
        read, words = answer.query_read.split(), query.split()
        say(f"warning: the query has {len(words):,} words, the model reads {len(read)}, up to '{' '.join(read[-3:])}'")
    if answer.wording.note and not (answer.wording.no_word_known and not is_match):
        say(answer.wording.note)
    if tell_dates and answer.date_note:
        say(answer.date_note)
    if not is_match:
        say(why_nothing(answer, with_query=with_query))
    elif not as_json and not answer.search.show_all and (told := how_sure(answer, with_query=with_query)):
        say(told)
    if as_json:
        print_json({**answer.to_json(), "since_index": since_index and since_index.to_json()})
    else:
        gone = answer.gone
        for hit in hits:
            found = _path_here(hit.path) if hit.caption is None else hit.caption
            marks = [*([] if is_match else ["no sure match"]), *(["file is gone"] if hit in gone else [])]
            marks += [f"+{hit.num_alike:,} alike"] if hit.num_alike else []
            print_line(hit, found, query=query if with_query else None, marks=marks)
    _say_missing(answer, since_index)
    if (grid or open_sheet) and hits:
        write_sheet(sheet_title(answer), hits, grid, open_sheet=open_sheet)
    return FOUND if is_match else NOTHING_FOUND


def how_sure(answer: "api.searching.Answer", *, with_query: bool = False) -> str | None:
    """The line that counts the grades, or tells why there are none; None if the model has none for any query."""
    if answer.ungraded is not None:
        return None if answer.search.target == "caption" else answer.ungraded
    of_query = f" for '{answer.search.query.text}'" if with_query else ""
    return f"{answer.counted}{of_query} among {answer.num_candidates:,} photos" if answer.counted else None


def why_nothing(answer: "api.searching.Answer", *, with_query: bool = False) -> str:
    """The line that says that nothing is a sure match, or why nothing is found at all."""
    search, count = answer.search, f"{answer.num_candidates:,}"
    candidates = "captions" if search.target == "caption" else "photos"
    of_query = f" for '{search.query.text}'" if with_query else ""
    if not answer.num_candidates:
        return f"nothing found{of_query}: 0 {candidates} pass the filters; leave one out"
    if not answer.closest:
        return f"nothing found{of_query} behind the first {search.page.offset:,}: there are {count} {candidates}"
    grade = "" if search.min_grade is None else f" graded {search.min_grade} or better"
    least = "" if search.min_probability is None else f" with a probability of {search.min_probability:g} or more"
    nothing = f"no sure match{of_query}{grade}{least} among {count} {candidates}"
    if answer.wording.no_word_known and answer.wording.note:
        nothing = answer.wording.note  # then the photos are not to blame
    return f"{nothing}; the closest:"


def say_since_index(opened: "api.library.Opened") -> "api.indexing.SinceIndex | None":
    """Says in a line what has changed in the photo folders since the last index run, if that is quick to know."""
    found = None if opened.is_new else opened.collection.since_index()
    if found is not None and found.differs:
        say(f"since the last index at least {found}; run: twinlens index")
    return found


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
    return answer.search.query.text if answer.matching else f"{answer.search.query.text} (no sure match; the closest)"


def write_sheet(title: str, hits: "Sequence[api.searching.Hit]", grid: Path | None, *, open_sheet: bool) -> None:
    import tempfile

    if all(hit.is_missing for hit in hits):
        say("no contact sheet: the photos are not there")
        return
    path = grid.expanduser() if grid else Path(tempfile.mkdtemp(prefix="twinlens-")) / "hits.html"
    written = api.searching.write_contact_sheet([(title, hits)], path)
    say(f"contact sheet: {path}{told_left_out(written.left_out)}")
    if written.without_font:
        warn_of_missing_fonts(written.without_font, "--grid FILE.html")
    if open_sheet:
        typer.launch(str(path))


def told_left_out(count: int) -> str:
    """The end of a line about contact sheets: how many photos are not in them because their files are gone."""
    return f" (without {count:,} {'photo that is' if count == 1 else 'photos that are'} not there)" if count else ""


def _say_missing(answer: "api.searching.Answer", since_index: "api.indexing.SinceIndex | None") -> None:
    for folder in answer.absent_folders.values():
        say(f"the photo folder {folder} is missing or empty; is its disk mounted?")
    if since_index is not None and since_index.gone:
        return  # it was told already, for the whole library
    if gone := len(answer.gone):
        these = "of these photos is" if gone == 1 else "of these photos are"
        say(f"{gone:,} {these} gone since the last index; run: twinlens index")


def warn_of_missing_fonts(missing: str, remedy: str) -> None:
    """Says which characters a drawn contact sheet shows as boxes."""
    shown = missing[:SHOWN_MISSING] + ("…" if len(missing) > SHOWN_MISSING else "")
    say(
        f"warning: no font on this machine has {len(missing):,} of its characters ({shown}), boxes are drawn instead; "
        f"install a font, or use {remedy}: a browser has its own"
    )


def print_line(
    found: "api.searching.Hit | api.searching.RankedCaption",
    what: str,
    *,
    query: str | None = None,
    marks: Sequence[str] = (),
) -> None:
    """Prints one result on stdout: query (if given), rank, probability, score, path or caption, marks (if any)."""
    probability = "-" if found.probability is None else f"{found.probability:.2f}"
    front = "" if query is None else f"{api.searching.on_one_line(query)}\t"
    behind = "".join(f"\t{mark}" for mark in marks)
    typer.echo(f"{front}{found.rank}\t{probability}\t{found.score:.4f}\t{api.searching.on_one_line(what)}{behind}")


def _path_here(path: Path) -> str:
    """The path, relative if it is inside the current folder."""
    here = Path.cwd()
    return api.searching.as_text(os.path.relpath(path, here) if path.is_relative_to(here) else str(path))
