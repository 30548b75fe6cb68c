"""``twinlens search``: photos, or captions of theirs, that fit words, a photo, or a weighted sum of both."""

import json
import os
import unicodedata
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

from twinlens.cli.outcome import FOUND, NOTHING_FOUND, AsJson, LogFile, Verbose, exits, say, start_logging

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
    query: Annotated[str, typer.Argument(help="Words, ./photo.jpg, an image URL, or 'dog + 0.5 ./sea.jpg - night'.")],
    place: Place = None,
    k: Count = 10,
    target: Annotated[
        SearchTarget, typer.Option(help="Find photos, or the captions that the collection knows of them.")
    ] = SearchTarget.image,
    offset: Annotated[int, typer.Option(min=0, help="Leave out this many hits at the top.")] = 0,
    after: Annotated[
        str | None, typer.Option(metavar="DATE", help="Taken then or later: 2023, 2023-06, 2023-06-30.")
    ] = None,
    before: Annotated[str | None, typer.Option(metavar="DATE", help="Taken then or earlier, inclusive.")] = None,
    folder: Annotated[str | None, typer.Option(metavar="FOLDER", help="Only this sub-folder.")] = None,
    camera: Annotated[str | None, typer.Option(metavar="TEXT", help="Part of the camera's name.")] = None,
    sort: Annotated[
        SortOrder, typer.Option(help="Show the best k by relevance, or newest first.")
    ] = SortOrder.relevance,
    include_self: Annotated[bool, typer.Option("--include-self", help="A query photo may find itself.")] = False,
    grid: Grid = None,
    open_sheet: Open = False,
    model: Model = None,
    as_json: AsJson = False,
    verbose: Verbose = False,
    log_file: LogFile = None,
) -> int:
    """Find the photos that fit a query best.

    One hit a line: rank, probability ("-" without a calibration), score, path; with
    --target caption the caption in place of the path. A folder that was never indexed
    is indexed first.
    """
    from twinlens import api

    start_logging(verbose=verbose, log_file=log_file)
    if not query.strip():
        raise typer.BadParameter("the query is empty; say what to look for, as 'a dog on a beach'")
    parsed = api.parse_query(query)
    page = api.Page(k=k, offset=offset, sort=sort.value)
    check_usage(grid, dates=api.Filters(after=after, before=before))
    opened = open_indexed(place, model)
    with opened.collection as collection:
        filters = api.Filters(after=after, before=before, folder=_folder(folder, opened.within), camera=camera)
        if (seen := api.seen_part(collection, parsed)) is not None:
            words, ending = seen.split(), " ".join(seen.split()[-3:])
            say(f"warning: of the query's {len(query.split()):,} words the model reads {len(words)}, up to '{ending}'")
        answer = collection.answer(
            parsed, target=target.value, page=page, filters=filters, include_query_photo=include_self
        )
        return show_answer(
            query, answer, collection, target=target.value, grid=grid, open_sheet=open_sheet, as_json=as_json
        )


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
    answer: "api.Answer",
    collection: "api.Collection",
    *,
    target: "api.Target" = "image",
    grid: Path | None = None,
    open_sheet: bool = False,
    as_json: bool,
) -> int:
    """Prints hits on stdout, writes and opens the contact sheet; the exit code."""
    if as_json:
        results = [result_json(hit, image_id=hit.id, image_path=str(hit.path)) for hit in answer.hits]
        print_json(
            results,
            query=query,
            target=target,
            model=collection.encoder.fingerprint,
            num_candidates=answer.num_candidates,
            took_ms=answer.took_ms,
        )
    else:
        for hit in answer.hits:
            print_line(hit, _path_here(hit.path) if hit.caption is None else hit.caption)
    if not answer.hits:
        candidates = "captions" if target == "caption" else "photos"
        say(f"nothing found: {answer.num_candidates:,} {candidates} pass the filters")
        return NOTHING_FOUND
    if grid or open_sheet:
        _write_sheet(query, answer, grid, open_sheet=open_sheet)
    return FOUND


def _write_sheet(query: str, answer: "api.Answer", grid: Path | None, *, open_sheet: bool) -> None:
    import tempfile

    from twinlens import api

    path = grid.expanduser() if grid else Path(tempfile.mkdtemp(prefix="twinlens-")) / "hits.html"
    api.write_contact_sheet([(query, answer.hits)], path)
    say(f"contact sheet: {path}")
    if open_sheet:
        typer.launch(str(path))


def print_line(found: "api.Hit | api.RankedCaption", what: str) -> None:
    """One result on stdout: rank, probability, score, and what was found."""
    probability = "-" if found.probability is None else f"{found.probability:.2f}"
    typer.echo(f"{found.rank}\t{probability}\t{found.score:.4f}\t{_printable(what)}")


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
        "probability": found.probability,
        "relevant": None,
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
