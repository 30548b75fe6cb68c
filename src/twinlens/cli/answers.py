"""Print answers: one line per hit, JSON, or a contact sheet."""

import os
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

import typer

from twinlens import api
from twinlens.cli.outcome import FOUND, NOTHING_FOUND, print_json, say
from twinlens.counted import counted

SHOWN_MISSING = 12  # characters in a warning


def show_answer(
    answer: "api.searching.Answer",
    *,
    nearest: bool = False,
    grid: Path | None = None,
    open_sheet: bool = False,
    as_json: bool,
    null: bool = False,
    export: "api.searching.ExportTarget | None" = None,
    with_query: bool = False,
    tell_dates: bool = True,
    since_index: "api.indexing.SinceIndex | None" = None,
) -> int:
    """Prints an answer on stdout, writes and opens the contact sheet, and returns the exit code.

    Args:
        answer: to a search.
        nearest: whether the hits are what is nearest, sure or not: those that do not match are marked,
            and the exit code tells whether any does.
        grid: where to write a contact sheet.
        open_sheet: whether to open it.
        as_json: whether to print JSON instead of lines.
        null: whether to print bare paths, or captions, instead of lines; see ``print_null``.
        export: where to write the hits, too.
        with_query: whether the query stands at the start of each line, for runs that answer several queries.
        tell_dates: whether to tell on stderr what a date filter could not judge well.
        since_index: what ``say_since_index`` has told.
    """
    hits = answer.shown
    is_match = bool(answer.matching) and not (nearest and answer.matched == 0)
    _say_how_read(answer, is_match=is_match, with_query=with_query)
    if tell_dates and answer.date_note:
        say(answer.date_note)
    if answer.left_out_note and not as_json and not with_query:
        say(answer.left_out_note)
    if answer.compared and not as_json and not with_query:
        say(answer.compared)
    is_counted = not as_json and (answer.compared is not None or not answer.search.show_all)
    if not is_match:
        say(why_nothing(answer, with_query=with_query, lists_closest=nearest or not null))
    elif is_counted and (told := how_sure(answer, with_query=with_query)):
        say(told)
    if as_json:
        print_json({**answer.to_json(), "since_index": since_index and since_index.to_json()})
    elif null:
        there = (hit for hit in answer.matching if hit.caption is not None or not hit.is_missing)
        print_null(_here(hit.path) if hit.caption is None else hit.caption for hit in there)
    else:
        unsure = [hit for hit in hits if not is_match or (nearest and answer.is_match(hit) is False)]
        _print_lines(answer, unsure, with_query=with_query)
    _say_missing(answer, since_index)
    if (grid or open_sheet) and hits:
        write_sheet(sheet_title(answer, is_match=is_match), hits, grid, open_sheet=open_sheet)
    if export:
        _export(answer, export)
    return FOUND if is_match else NOTHING_FOUND


def _say_how_read(answer: "api.searching.Answer", *, is_match: bool, with_query: bool) -> None:
    """Says what the model does not read of a query, and how its words were read."""
    query = answer.search.query.text
    if answer.query_read is not None:
        read, words = answer.query_read.split(), query.split()
        length, end = counted(len(words), "word"), " ".join(read[-3:])
        say(f"warning: the query has {length}, the model reads {len(read)}, up to '{end}'")
    if answer.wording.note and not (answer.wording.no_word_known and not is_match):
        say(_note(answer, with_query=with_query))


def _print_lines(answer: "api.searching.Answer", unsure: "Sequence[api.searching.Hit]", *, with_query: bool) -> None:
    """Prints a line for each hit, and why it was found if that was asked for."""
    gone, why = answer.gone, _reasons(answer)
    for hit in answer.shown:
        found = _path_here(hit.path) if hit.caption is None else hit.caption
        marks = [
            *([f"at {hit.moment}"] if hit.moment else []),
            *(["no sure match"] if hit in unsure else []),
            *(["file is gone"] if hit in gone else []),
        ]
        marks += [f"by {written}"] if (written := hit.written_in()) else []
        marks += [folded(hit)] if hit.num_alike else []
        marks += [hit.grade] if answer.source == "built-in" and hit.grade else []
        print_line(hit, found, query=answer.search.query.text if with_query else None, marks=marks)
        for line in why.get(hit.rank, ()):
            typer.echo(f"\t{api.searching.on_one_line(line)}")


def folded(hit: "api.searching.Hit") -> str:
    """What stands behind a hit: near copies, or the other files of its stack."""
    return f"+{hit.num_alike:,} " + ("alike" if "near" in hit.alike_kinds else "in this stack")


def _reasons(answer: "api.searching.Answer") -> dict[int, list[str]]:
    """Why each hit was found, by rank; first says what was asked of all photos."""
    explanation = answer.explanation
    if explanation is None:
        return {}
    say(f"asked for: {answer.search.understood()}")
    for line in explanation.lines():
        say(line)
    reasons = zip(answer.hits, explanation.hits, strict=True)
    return {hit.rank: one.lines(hit.found_by) for hit, one in reasons}


def how_sure(answer: "api.searching.Answer", *, with_query: bool = False) -> str | None:
    """The line that counts the grades, or tells why there are none; None if the model has none for any query."""
    if answer.ungraded is not None:
        return None if answer.search.target == "caption" else answer.ungraded
    of_query = f" for '{answer.search.query.text}'" if with_query else ""
    noun = "description" if answer.source == "built-in" else "photo"
    return f"{answer.counted}{of_query} among {counted(answer.num_candidates, noun)}" if answer.counted else None


def why_nothing(answer: "api.searching.Answer", *, with_query: bool = False, lists_closest: bool = True) -> str:
    """The line that says that nothing is a sure match, or why nothing is found at all."""
    search, noun = answer.search, "caption" if answer.search.target == "caption" else "photo"
    noun = "description" if answer.source == "built-in" else noun
    candidates = counted(answer.num_candidates, noun)
    of_query = f" for '{search.query.text}'" if with_query else ""
    if not answer.num_candidates and search.filters.is_empty() and not search.query.has_logic:
        return f"nothing found{of_query}: the library has no other {noun}"
    if not answer.num_candidates and search.filters.is_empty():
        return f"nothing found{of_query}: no {noun} fits the whole query; leave out a part of it"
    if not answer.num_candidates:
        return f"nothing found{of_query}: {candidates} pass the filters; leave one out"
    if not answer.shown:
        are = "is" if answer.num_candidates == 1 else "are"
        return f"nothing found{of_query} behind the first {search.page.offset:,}: there {are} {candidates}"
    grade = "" if search.min_grade is None else f" graded {search.min_grade} or better"
    least = "" if search.min_probability is None else f" with a probability of {search.min_probability:g} or more"
    nothing = f"no sure match{of_query}{grade}{least} among {candidates}"
    if answer.wording.no_word_known and answer.wording.note:
        nothing = _note(answer, with_query=with_query)  # then the photos are not to blame
    return f"{nothing}; the closest:" if lists_closest else nothing


def _note(answer: "api.searching.Answer", *, with_query: bool) -> str:
    """How the words were read; of which query, where there are several."""
    return f"{f'{answer.search.query.text}: ' if with_query else ''}{answer.wording.note}"


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


def check_output(*, null: bool, as_json: bool, explain: bool = False) -> None:
    """Rejects results in two forms at once.

    Raises:
        typer.BadParameter: bare paths and JSON, or reasons, are wanted.
    """
    if null and explain:
        raise typer.BadParameter("-0 prints bare paths and --explain says why; leave one of them out")
    if null and as_json:
        raise typer.BadParameter("-0 prints bare paths and --json an object; leave one of them out")


def read_export(written: str | None, *, copies: bool) -> "api.searching.ExportTarget | None":
    """Where to export to, checked before any work is done.

    Raises:
        typer.BadParameter: nothing can be written there, or there are copies without an export.
    """
    from twinlens.errors import QueryError

    if written is None:
        if copies:
            raise typer.BadParameter("--copies needs a folder: --export DIR/")
        return None
    try:
        return api.searching.export_target(written, copies=copies)
    except QueryError as error:
        raise typer.BadParameter(str(error)) from error


def sheet_title(answer: "api.searching.Answer", *, is_match: bool) -> str:
    """The heading of a contact sheet."""
    return answer.search.query.text + ("" if is_match else " (no sure match; the closest)")


def _export(answer: "api.searching.Answer", target: "api.searching.ExportTarget") -> None:
    if not answer.matching:
        say(f"nothing to export to {target.path}")
        return
    count = api.searching.write_export(answer, target)
    say(f"exported {counted(count, 'hit')}: {target.path}{told_left_out(len(answer.matching) - count)}")


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
    return f" (without {counted(count, 'photo that is', 'photos that are')} not there)" if count else ""


def _say_missing(answer: "api.searching.Answer", since_index: "api.indexing.SinceIndex | None") -> None:
    for folder in answer.absent_folders.values():
        say(f"the photo folder {folder} is missing or empty; is its disk mounted?")
    if since_index is not None and since_index.gone:
        return  # it was told already, for the whole library
    if gone := len(answer.gone):
        these = counted(gone, "of these photos is", "of these photos are")
        say(f"{these} gone since the last index; run: twinlens index")


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


def print_null(texts: Iterable[str]) -> None:
    """Prints texts on stdout, byte by byte as they are, each ended by a NUL."""
    for text in texts:
        sys.stdout.write(f"{text}\0")


def _path_here(path: Path) -> str:
    """The path for people to read."""
    return api.searching.as_text(_here(path))


def _here(path: Path) -> str:
    """The path, relative if it is inside the current folder; never one that a program takes for an option."""
    here = Path.cwd()
    if not path.is_relative_to(here):
        return str(path)
    relative = os.path.relpath(path, here)
    return f".{os.sep}{relative}" if relative.startswith("-") else relative
