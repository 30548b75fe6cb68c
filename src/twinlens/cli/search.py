"""``twinlens search``: photos, or captions of theirs, that fit words, a photo, or a weighted sum of both."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from twinlens import api
from twinlens.cli.answers import check_sheet, show_answer
from twinlens.cli.filter_options import FilterValues, check_filters, with_filters
from twinlens.cli.open_collection import open_indexed
from twinlens.cli.options import Count, Model, Open, Place
from twinlens.cli.outcome import AsJson, LogFile, Verbose, as_exit_code, start_logging

EXAMPLE = "Example: twinlens search 'a dog on a beach' --in ~/Pictures --after 2023-06 -k 5"


class SortOrder(StrEnum):
    """How the hits of a page are ordered."""

    relevance = "relevance"
    date = "date"


class SearchTarget(StrEnum):
    """What the hits are."""

    image = "image"
    caption = "caption"


@as_exit_code
@with_filters
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
    filters: FilterValues | None = None,
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
        narrowed = api.filters.Filters(**{**filters, "folder": opened.folder(filters.get("folder"))})

        def ask(words: str) -> "api.searching.Answer":
            return collection.answer(
                api.searching.Search(
                    api.searching.parse_query(words),
                    narrowed,
                    page,
                    target.value,
                    min_probability,
                    show_all,
                    include_self,
                )
            )

        def show(answer: "api.searching.Answer") -> int:
            return show_answer(
                answer,
                grid=None if queries else grid,
                open_sheet=open_sheet,
                as_json=as_json,
                with_query=queries is not None,
            )

        if interactive:
            return answer_prompt(lambda words: show(ask(words)))
        if queries:
            return answer_all(asked, ask, show, folder=pictures)
        return show(ask(asked[0]))


def _check_question(query: str | None, queries: Path | None, *, interactive: bool, open_sheet: bool) -> None:
    if query is not None and not query.strip():
        raise typer.BadParameter("the query is empty; say what to look for, as 'a dog on a beach'")
    if (query is not None) + (queries is not None) + interactive != 1:
        raise typer.BadParameter("say what to look for in one way: a QUERY, --queries FILE, or -i")
    if queries is not None and open_sheet:
        raise typer.BadParameter("--open shows the hits of one query; with --queries give --grid DIR")
