"""``twinlens search``: find photos or captions by text, by photo, or by a weighted sum of both."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import typer

from twinlens import api
from twinlens.cli.answers import check_output, check_sheet, read_export, say_since_index
from twinlens.cli.open_collection import open_indexed
from twinlens.cli.options.common import Copies, Count, Export, Model, Null, Open, Place
from twinlens.cli.options.filters import FilterValues, check_filters, with_filters
from twinlens.cli.options.search import (
    AllCopies,
    Explain,
    Grid,
    IncludeSelf,
    Interactive,
    MinGrade,
    MinProbability,
    Offset,
    Queries,
    Query,
    SearchTarget,
    ShowAll,
    Sort,
    SortOrder,
    Target,
)
from twinlens.cli.outcome import AsJson, as_exit_code, logged

EXAMPLE = "Example: twinlens search 'a dog on a beach' --in ~/Pictures --after 2023-06 -k 5"


@as_exit_code
@logged
@with_filters
def run(
    query: Query = None,
    place: Place = None,
    k: Count = 10,
    queries: Queries = None,
    interactive: Interactive = False,
    target: Target = SearchTarget.image,
    show_all: ShowAll = False,
    min_grade: MinGrade = None,
    min_probability: MinProbability = None,
    offset: Offset = 0,
    filters: FilterValues | None = None,
    sort: Sort = SortOrder.relevance,
    include_self: IncludeSelf = False,
    all_copies: AllCopies = False,
    explain: Explain = False,
    grid: Grid = None,
    open_sheet: Open = False,
    model: Model = None,
    export: Export = None,
    copies: Copies = False,
    null: Null = False,
    as_json: AsJson = False,
) -> int:
    """Find the photos that fit a query.

    The embedded model reads Arabic, Chinese, Czech, Dutch, English, French, German, Hindi, Italian, Japanese, Korean,
    Polish, Portuguese, Russian, Spanish, Turkish, Ukrainian and Vietnamese; for others see 'twinlens models info'.

    Prints one hit per line: rank, probability ("-" where hits have no grades), score, path.
    --target caption prints the caption instead of the path; --queries adds the query at
    the start. Hits are graded strong, likely or possible, and those with a grade are shown;
    stderr counts them. If none has one, the closest are shown and marked, and the exit code
    is 3. Photos whose files are gone since they were indexed are marked, too.
    Near copies of one picture are one hit, marked '+4 alike', if there are four more; so are RAW and JPEG, live
    photos, edited copies and bursts, marked '+2 in this stack'.
    A folder that has not been indexed yet is indexed first.
    """
    from twinlens.cli.queries import Printer

    _check_question(query, queries, interactive=interactive, open_sheet=open_sheet, is_piped=null or bool(export))
    check_output(null=null, as_json=as_json, explain=explain)
    target_of_export = read_export(export, copies=copies)
    filters = filters or {}
    check_filters(filters)
    asked, pictures = _questions(query, queries, grid)
    opened = open_indexed(place, model)
    with opened.collection as collection:
        if target_of_export:
            api.searching.check_outside(target_of_export, [folder.path for folder in collection.folders()])
        asks_for = partial(
            api.searching.Search,
            filters=opened.filters(filters),
            page=api.searching.Page(k=k, offset=offset, sort=sort.value),
            target=target.value,
            min_probability=min_probability,
            show_all=show_all,
            include_query_photo=include_self,
            min_grade=None if min_grade is None else min_grade.value,
            group=not all_copies,
            explain=explain,
        )
        show = Printer(
            grid=None if queries else grid,
            open_sheet=open_sheet,
            as_json=as_json,
            null=null,
            export=target_of_export,
            with_query=queries is not None,
            since_index=say_since_index(opened),
        )
        ask = lambda words: collection.answer(asks_for(api.searching.parse_query(words)))  # noqa: E731
        return _answer(asked, ask, show, is_file=queries is not None, pictures=pictures)


def _questions(query: str | None, queries: Path | None, grid: Path | None) -> tuple[list[str], Path | None]:
    """The queries, none at a prompt, and the folder for the pictures of a file's; checked before any work is done."""
    from twinlens.cli.queries import make_picture_folder, read_queries

    if queries is None:
        check_sheet(grid)
        if query is not None:
            api.searching.parse_query(query)
        return [query] if query is not None else [], None
    asked, pictures = read_queries(queries), grid and grid.expanduser()
    if pictures:
        make_picture_folder(pictures, len(asked))
    return asked, pictures


def _answer(
    asked: Sequence[str],
    ask: "Callable[[str], api.searching.Answer]",
    show: "Callable[[api.searching.Answer], int]",
    *,
    is_file: bool,
    pictures: Path | None,
) -> int:
    """Answers the queries of a file, the only one, or those that are typed at a prompt; returns the exit code."""
    from twinlens.cli.queries import answer_all, answer_prompt

    if is_file:
        return answer_all(asked, ask, show, folder=pictures)
    if asked:
        return show(ask(asked[0]))
    return answer_prompt(lambda words: show(ask(words)))


def _check_question(
    query: str | None, queries: Path | None, *, interactive: bool, open_sheet: bool, is_piped: bool
) -> None:
    if query is not None and not query.strip():
        raise typer.BadParameter("the query is empty; describe what to find, for example 'a dog on a beach'")
    if (query is not None) + (queries is not None) + interactive != 1:
        raise typer.BadParameter("give exactly one of QUERY, --queries FILE and -i")
    if queries is not None and open_sheet:
        raise typer.BadParameter("--open works with a single query; with --queries use --grid DIR")
    if query is None and is_piped:
        raise typer.BadParameter("-0 and --export work with a single query")
