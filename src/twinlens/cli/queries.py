"""Several queries in one run: from a file, with a contact sheet each, or at a prompt."""

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from twinlens import api
from twinlens.cli.answers import sheet_title, show_answer, told_left_out, warn_of_missing_fonts
from twinlens.cli.outcome import FOUND, NOTHING_FOUND, OUR_ERROR, say
from twinlens.cli.streams import StdoutError
from twinlens.errors import DataError, QueryError, TwinlensError

OVERVIEW = "top_matches_grid.png"
OVERVIEW_HITS = 5  # per query in the overview: one row
ENDINGS = ("", "quit", "exit", ":q")
PROMPT = "query> "


class Printer:
    """Prints the answers of one run; what is the same for all of its queries only with the first.

    Args:
        options: of ``show_answer``.
    """

    def __init__(self, **options: Any) -> None:
        self._options, self._is_first = options, True

    def __call__(self, answer: "api.searching.Answer") -> int:
        """Prints an answer, and returns the exit code."""
        is_first, self._is_first = self._is_first, False
        return show_answer(answer, tell_dates=is_first, **self._options)


def read_queries(file: Path) -> list[str]:
    """The queries in a text file, one per line; empty lines are skipped.

    Raises:
        QueryError: the file cannot be read or is empty.
    """
    try:
        lines = api.searching.read_text_file(file.expanduser()).splitlines()
    except DataError as error:
        raise QueryError(f"the query file {error}") from error
    queries = [line.strip() for line in lines if line.strip()]
    if not queries:
        raise QueryError(f"the query file {file} is empty; write one query per line")
    return queries


def answer_all(
    queries: Sequence[str],
    ask: Callable[[str], "api.searching.Answer"],
    show: Callable[["api.searching.Answer"], int],
    *,
    folder: Path | None,
) -> int:
    """Answers each query; if a folder is given, writes ``query_1.png``, … and an overview there.

    A query that fails is reported on stderr; the others continue.

    Args:
        queries: as the user wrote them.
        ask: returns the answer to a query.
        show: prints an answer and returns its exit code.
        folder: for the contact sheets, made by ``make_picture_folder``.

    Returns:
        The exit code: 1 if a query failed, 3 if none found anything.

    Raises:
        QueryError: a contact sheet cannot be written.
    """
    pictures = _pictures(folder, len(queries)) if folder else []
    failed, left_out = False, 0
    rows: list[tuple[str, Sequence[api.searching.Hit]]] = []
    missing: set[str] = set()
    codes: set[int] = set()
    for number, query in enumerate(queries):
        try:
            answer = ask(query)
        except TwinlensError as error:
            failed = True
            say(f"error: query {number + 1} ({query}): {error}")
            continue
        codes.add(show(answer))
        rows.append((sheet_title(answer, is_match=bool(answer.matching)), answer.shown))
        if pictures:
            written = api.searching.write_contact_sheet([rows[-1]], pictures[number])
            left_out += written.left_out
            missing |= set(written.without_font)
    if folder and rows:
        api.searching.write_contact_sheet([(title, hits[:OVERVIEW_HITS]) for title, hits in rows], folder / OVERVIEW)
        say(f"{len(rows) + 1} pictures: {folder}{told_left_out(left_out)}")
        if missing:
            warn_of_missing_fonts("".join(sorted(missing)), "one query at a time with --grid FILE.html")
    if failed:
        return OUR_ERROR
    return FOUND if FOUND in codes else NOTHING_FOUND


def make_picture_folder(folder: Path, n_queries: int) -> None:
    """Makes the folder; files that are not contact sheets are never replaced.

    Raises:
        QueryError: the path is a file, the folder cannot be made, or has other pictures of these names.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise QueryError(
            f"with --queries, --grid must be a folder; {folder} cannot be one: {error.strerror or error}"
        ) from error
    for path in (*_pictures(folder, n_queries), folder / OVERVIEW):
        api.searching.check_sheet_path(path)


def _pictures(folder: Path, n_queries: int) -> list[Path]:
    return [folder / f"query_{number}.png" for number in range(1, n_queries + 1)]


def answer_prompt(ask: Callable[[str], object]) -> int:
    """Answers queries from standard input until an empty line, ``quit`` or end of input.

    A query that fails is reported on stderr, and the prompt continues.

    Args:
        ask: answers and prints one query.
    """
    say("one query per line; an empty line or 'quit' ends")
    while True:
        print(PROMPT, end="", file=sys.stderr, flush=True)  # noqa: T201
        query = sys.stdin.readline().strip()
        if query.lower() in ENDINGS:
            if not query:
                say("")
            return FOUND
        try:
            ask(query)
        except StdoutError:
            raise
        except TwinlensError as error:
            say(f"error: {error}")
        sys.stdout.flush()
