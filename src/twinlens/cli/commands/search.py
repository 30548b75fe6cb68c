"""``twinlens search``: find photos or captions by text, by photo, or by a weighted sum of both."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from twinlens import api
from twinlens.cli.answers import check_sheet, say_since_index, show_answer
from twinlens.cli.filter_options import FilterValues, check_filters, with_filters
from twinlens.cli.open_collection import open_indexed
from twinlens.cli.options import Count, Model, Open, Place
from twinlens.cli.outcome import AsJson, LogFile, Verbose, as_exit_code, start_logging

EXAMPLE = "Example: twinlens search 'a dog on a beach' --in ~/Pictures --after 2023-06 -k 5"


class SortOrder(StrEnum):
    """Order of the hits."""

    relevance = "relevance"
    date = "date"


class SearchTarget(StrEnum):
    """What to search for."""

    image = "image"
    caption = "caption"


@as_exit_code
@with_filters
def run(
    query: Annotated[
        str | None,
        typer.Argument(help="Text, ./photo.jpg, an image URL, or 'dog + 0.5 ./sea.jpg - night'.", show_default=False),
    ] = None,
    place: Place = None,
    k: Count = 10,
    queries: Annotated[
        Path | None,
        typer.Option(metavar="FILE", readable=False, help="Answer each line of a file; --grid is then a folder."),
    ] = None,
    interactive: Annotated[
        bool, typer.Option("--interactive", "-i", help="Prompt for queries until an empty line or 'quit'.")
    ] = False,
    target: Annotated[SearchTarget, typer.Option(help="Find photos or their captions.")] = SearchTarget.image,
    show_all: Annotated[
        bool, typer.Option("--all", help="Show the k best hits, including those below the match threshold.")
    ] = False,
    min_probability: Annotated[
        float | None,
        typer.Option(min=0.0, max=1.0, metavar="P", help="Show hits with at least this probability instead."),
    ] = None,
    offset: Annotated[int, typer.Option(min=0, help="Skip this many of the best hits.")] = 0,
    filters: FilterValues | None = None,
    sort: Annotated[
        SortOrder, typer.Option(help="Sort by relevance, or relevant hits by date, newest first.")
    ] = SortOrder.relevance,
    include_self: Annotated[bool, typer.Option("--include-self", help="Allow a query photo to find itself.")] = False,
    grid: Annotated[
        Path | None,
        typer.Option(
            "--grid",
            metavar="FILE|DIR",
            readable=False,
            help="Also write a contact sheet: .png, .jpg or .html; with --queries a folder of pictures, "
            "one per query and an overview.",
        ),
    ] = None,
    open_sheet: Open = False,
    model: Model = None,
    as_json: AsJson = False,
    verbose: Verbose = False,
    log_file: LogFile = None,
) -> int:
    """Find the photos that fit a query.

    Prints one hit per line: rank, probability ("-" without a calibration), score, path.
    --target caption prints the caption instead of the path; --queries adds the query at
    the start. If nothing matches, the three closest are shown and marked, and the exit
    code is 3. Photos whose files are gone since they were indexed are marked, too.
    A folder that has not been indexed yet is indexed first.
    """
    from twinlens.cli.queries import answer_all, answer_prompt, make_picture_folder, read_queries

    start_logging(verbose=verbose, log_file=log_file)
    _check_question(query, queries, interactive=interactive, open_sheet=open_sheet)
    asked = read_queries(queries) if queries else [query or ""]
    page = api.searching.Page(k=k, offset=offset, sort=sort.value)
    filters = filters or {}
    check_filters(filters)
    if not queries:
        check_sheet(grid)
    pictures = grid.expanduser() if queries and grid else None
    if pictures:
        make_picture_folder(pictures, len(asked))
    if query:
        api.searching.parse_query(query)
    opened = open_indexed(place, model)
    with opened.collection as collection:
        narrowed, since_index = opened.filters(filters), say_since_index(opened)

        def ask(words: str) -> "api.searching.Answer":
            return collection.answer(
                api.searching.Search(
                    api.searching.parse_query(words),
                    narrowed,
                    page,
                    target=target.value,
                    min_probability=min_probability,
                    show_all=show_all,
                    include_query_photo=include_self,
                )
            )

        told = False

        def show(answer: "api.searching.Answer") -> int:
            nonlocal told
            is_first, told = not told, True
            return show_answer(
                answer,
                tell_dates=is_first,  # it is the same for all queries
                grid=None if queries else grid,
                open_sheet=open_sheet,
                as_json=as_json,
                with_query=queries is not None,
                since_index=since_index,
            )

        if interactive:
            return answer_prompt(lambda words: show(ask(words)))
        if queries:
            return answer_all(asked, ask, show, folder=pictures)
        return show(ask(asked[0]))


def _check_question(query: str | None, queries: Path | None, *, interactive: bool, open_sheet: bool) -> None:
    if query is not None and not query.strip():
        raise typer.BadParameter("the query is empty; describe what to find, for example 'a dog on a beach'")
    if (query is not None) + (queries is not None) + interactive != 1:
        raise typer.BadParameter("give exactly one of QUERY, --queries FILE and -i")
    if queries is not None and open_sheet:
        raise typer.BadParameter("--open works with a single query; with --queries use --grid DIR")
