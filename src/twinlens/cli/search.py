"""``twinlens search``: photos, or captions of theirs, that fit words, a photo, or a weighted sum of both."""

import json
import os
import unicodedata
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

from twinlens.cli.outcome import FOUND, NOTHING_FOUND, AsJson, LogFile, Verbose, exits, say, start_logging
from twinlens.cli.shown import Shown, choose

if TYPE_CHECKING:
    from twinlens import api

EXAMPLE = "Example: twinlens search 'a dog on a beach' --in ~/Pictures --after 2023-06 -k 5"


class SortOrder(StrEnum):
    """How the hits of a page are ordered."""

    relevance = "relevance"
    date = "date"


class SearchTarget(StrEnum):
    """What the hits are."""

    image = "image"
    caption = "caption"


Place: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--in", metavar="PHOTOS_OR_COLLECTION", readable=False, help="Where to search; default: the current folder."
    ),
]
Count: TypeAlias = Annotated[int, typer.Option("-k", min=1, help="Number of hits.")]
Grid: TypeAlias = Annotated[
    Path | None,
    typer.Option("--grid", metavar="FILE", readable=False, help="Also write a contact sheet: .png, .jpg or .html."),
]
Open: TypeAlias = Annotated[bool, typer.Option("--open", help="Show a contact sheet of the hits.")]
Model: TypeAlias = Annotated[str | None, typer.Option(metavar="NAME|DIR", help="Must be the collection's model.")]


@exits
def run(
    query: Annotated[
        str | None,
        typer.Argument(help="Words, ./photo.jpg, an image URL, or 'dog + 0.5 ./sea.jpg - night'.", show_default=False),
    ] = None,
    place: Place = None,
    k: Count = 10,
    queries: Annotated[
        Path | None,
        typer.Option(metavar="FILE", readable=False, help="Answer every line of a file; --grid is then a folder."),
    ] = None,
    interactive: Annotated[
        bool, typer.Option("--interactive", "-i", help="Ask for queries until an empty line or 'quit'.")
    ] = False,
    target: Annotated[
        SearchTarget, typer.Option(help="Find photos, or the captions that the collection knows of them.")
    ] = SearchTarget.image,
    show_all: Annotated[
        bool, typer.Option("--all", help="Show the k best, also those that the model takes for no match.")
    ] = False,
    min_probability: Annotated[
        float | None,
        typer.Option(min=0.0, max=1.0, metavar="P", help="Show hits of at least this probability instead."),
    ] = None,
    offset: Annotated[int, typer.Option(min=0, help="Leave out this many hits at the top.")] = 0,
    after: Annotated[
        str | None, typer.Option(metavar="DATE", help="Taken then or later: 2023, 2023-06, 2023-06-30.")
    ] = None,
    before: Annotated[str | None, typer.Option(metavar="DATE", help="Taken then or earlier, inclusive.")] = None,
    folder: Annotated[str | None, typer.Option(metavar="FOLDER", help="Only this sub-folder.")] = None,
    camera: Annotated[str | None, typer.Option(metavar="TEXT", help="Part of the camera's name.")] = None,
    sort: Annotated[
        SortOrder, typer.Option(help="By relevance, or all that is relevant newest first.")
    ] = SortOrder.relevance,
    include_self: Annotated[bool, typer.Option("--include-self", help="A query photo may find itself.")] = False,
    grid: Annotated[
        Path | None,
        typer.Option(
            "--grid",
            metavar="FILE|DIR",
            readable=False,
            help="Also write a contact sheet: .png, .jpg or .html; with --queries a folder of pictures, "
            "one a query and an overview.",
        ),
    ] = None,
    open_sheet: Open = False,
    model: Model = None,
    as_json: AsJson = False,
    verbose: Verbose = False,
    log_file: LogFile = None,
) -> int:
    """Find the photos that fit a query.

    One hit a line: rank, probability ("-" without a calibration), score, path; with
    --target caption the caption in place of the path, with --queries the query in front.
    Where nothing fits, the three closest are shown, each marked as such, and the exit
    code is 3. A folder that was never indexed is indexed first.
    """
    from twinlens import api
    from twinlens.cli.queries import answer_all, answer_prompt, make_picture_folder, read_queries

    start_logging(verbose=verbose, log_file=log_file)
    _check_question(query, queries, interactive=interactive, open_sheet=open_sheet)
    asked = read_queries(queries) if queries else [query or ""]
    page = api.Page(k=k, offset=offset, sort=sort.value)
    check_usage(None if queries else grid, dates=api.Filters(after=after, before=before))
    pictures = grid.expanduser() if queries and grid else None
    if pictures:
        make_picture_folder(pictures, len(asked))
    if query:
        api.parse_query(query)
    opened = open_indexed(place, model)
    with opened.collection as collection:
        filters = api.Filters(after=after, before=before, folder=_folder(folder, opened.within), camera=camera)

        def ask(words: str) -> Shown:
            parsed = api.parse_query(words)
            _say_what_is_cut(words, parsed, collection)
            answer = collection.answer(
                parsed, target=target.value, page=page, filters=filters, include_query_photo=include_self
            )
            return choose(answer, show_all=show_all, min_probability=min_probability, offset=offset)

        def show(words: str, shown: Shown) -> int:
            return show_answer(
                words,
                shown,
                collection,
                target=target.value,
                grid=None if queries else grid,
                open_sheet=open_sheet,
                as_json=as_json,
                with_query=queries is not None,
            )

        if interactive:
            return answer_prompt(lambda words: show(words, ask(words)))
        if queries:
            return answer_all(asked, ask, show, folder=pictures)
        return show(asked[0], ask(asked[0]))


def _check_question(query: str | None, queries: Path | None, *, interactive: bool, open_sheet: bool) -> None:
    if query is not None and not query.strip():
        raise typer.BadParameter("the query is empty; say what to look for, as 'a dog on a beach'")
    if (query is not None) + (queries is not None) + interactive != 1:
        raise typer.BadParameter("say what to look for in one way: a QUERY, --queries FILE, or -i")
    if queries is not None and open_sheet:
        raise typer.BadParameter("--open shows the hits of one query; with --queries give --grid DIR")


def _say_what_is_cut(query: str, parsed: "api.Query", collection: "api.Collection") -> None:
    from twinlens import api

    if (seen := api.seen_part(collection, parsed)) is not None:
        words, ending = seen.split(), " ".join(seen.split()[-3:])
        say(f"warning: of the query's {len(query.split()):,} words the model reads {len(words)}, up to '{ending}'")


def check_usage(grid: Path | None, *, dates: "api.Filters | None" = None) -> None:
    """What can be wrong with the options is said before any work is done.

    Raises:
        typer.BadParameter: a date is none, or no contact sheet can go where it should.
    """
    from twinlens import api
    from twinlens.errors import QueryError

    try:
        if dates:
            dates.sql()
        if grid:
            api.check_sheet_path(grid.expanduser())
    except QueryError as error:
        raise typer.BadParameter(str(error)) from error


def open_indexed(place: Path | None, model: str | None) -> "api.Opened":
    """The collection that a command means; where its first indexing has not come to its end, that goes on first."""
    from twinlens import api
    from twinlens.cli.index import index_with_progress
    from twinlens.errors import CollectionBusyError, CollectionError

    opened = api.open_for_search(place, model=model)
    if not opened.is_new:
        return opened
    folders, ready = ", ".join(str(folder.path) for folder in opened.collection.folders()), len(opened.collection)
    say(f"{f'{ready:,} photos' if ready else 'nothing'} of {folders} indexed so far; indexing first")
    try:
        index_with_progress(opened.collection)
    except CollectionError as error:
        ready = len(opened.collection)
        if not ready:
            opened.collection.close()
            if isinstance(error, CollectionBusyError):
                raise CollectionBusyError(
                    f"another process has just begun to index {folders}, no photo is ready yet; try again in a moment"
                ) from error
            raise
        say(f"warning: {error}")
        say(f"searching the {ready:,} photos that are indexed")
    except BaseException:
        opened.collection.close()
        raise
    return opened


def show_answer(
    query: str,
    shown: Shown,
    collection: "api.Collection",
    *,
    target: "api.Target" = "image",
    grid: Path | None = None,
    open_sheet: bool = False,
    as_json: bool,
    with_query: bool = False,
) -> int:
    """Prints hits on stdout, writes and opens the contact sheet; the exit code.

    ``with_query`` puts the query in front of each plain line, where one run answers several.
    """
    if not shown.matched:
        say(shown.why(query if with_query else None, "captions" if target == "caption" else "photos"))
    if as_json:
        results = [result_json(hit, image_id=hit.id, image_path=str(hit.path)) for hit in shown.hits]
        print_json(
            results,
            query=query,
            target=target,
            model=collection.encoder.fingerprint,
            num_candidates=shown.num_candidates,
            took_ms=shown.took_ms,
        )
    else:
        mark = None if shown.matched else "not a match"
        for hit in shown.hits:
            found = _path_here(hit.path) if hit.caption is None else hit.caption
            print_line(hit, found, query=query if with_query else None, mark=mark)
    if (grid or open_sheet) and shown.hits:
        _write_sheet(query if shown.matched else f"nothing matches: {query}", shown.hits, grid, open_sheet=open_sheet)
    return FOUND if shown.matched else NOTHING_FOUND


def _write_sheet(title: str, hits: "Sequence[api.Hit]", grid: Path | None, *, open_sheet: bool) -> None:
    import tempfile

    from twinlens import api

    path = grid.expanduser() if grid else Path(tempfile.mkdtemp(prefix="twinlens-")) / "hits.html"
    api.write_contact_sheet([(title, hits)], path)
    say(f"contact sheet: {path}")
    if open_sheet:
        typer.launch(str(path))


def print_line(
    found: "api.Hit | api.RankedCaption", what: str, *, query: str | None = None, mark: str | None = None
) -> None:
    """One result on stdout: the query where one is given, rank, probability, score, what was found, and a mark."""
    probability = "-" if found.probability is None else f"{found.probability:.2f}"
    front = "" if query is None else f"{_printable(query)}\t"
    behind = "" if mark is None else f"\t{mark}"
    typer.echo(f"{front}{found.rank}\t{probability}\t{found.score:.4f}\t{_printable(what)}{behind}")


def print_json(
    results: list[dict[str, object]],
    *,
    query: str,
    target: "api.Target",
    model: str,
    num_candidates: int,
    took_ms: float,
) -> None:
    """One answer as JSON on stdout."""
    answer = {
        "query": query,
        "target": target,
        "model": model,
        "num_results": len(results),
        "num_candidates": num_candidates,
        "took_ms": took_ms,
        "results": results,
    }
    typer.echo(json.dumps(answer, ensure_ascii=False))


def result_json(
    found: "api.Hit | api.RankedCaption", *, image_id: str | None, image_path: str | None
) -> dict[str, object]:
    """One result of ``print_json``."""
    return {
        "rank": found.rank,
        "image_id": image_id,
        "image_path": image_path,
        "score": round(found.score, 6),
        "probability": None if found.probability is None else round(found.probability, 4),
        "relevant": getattr(found, "relevant", None),  # captions of a file are not judged
        "caption": found.caption,
    }


def _folder(asked: str | None, within: Path | None) -> str | None:
    """The folder filter: the one asked for, inside the one that the command is limited to."""
    if within is None or (asked and Path(asked).expanduser().is_absolute()):
        return asked
    return str(within / asked) if asked else str(within)


def _path_here(path: Path) -> str:
    """A path below the current folder is relative."""
    here = Path.cwd()
    return os.path.relpath(path, here) if path.is_relative_to(here) else str(path)


def _printable(text: str) -> str:
    """A path or a caption on one line: control characters escaped."""
    return "".join(
        letter.encode("unicode_escape").decode() if unicodedata.category(letter) in ("Cc", "Zl", "Zp") else letter
        for letter in text
    )
