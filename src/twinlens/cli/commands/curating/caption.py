"""``twinlens caption``: find the captions that fit a photo."""

import time
from pathlib import Path
from typing import Annotated, Any

import typer

from twinlens import api
from twinlens.cli.answers import check_output, print_line, print_null, say_since_index, show_answer
from twinlens.cli.captions import change_captions
from twinlens.cli.language import language_of_output
from twinlens.cli.open_collection import complete_change
from twinlens.cli.options.common import Count, Language, Null, Place
from twinlens.cli.options.filters import FilterValues, check_filters, with_filters
from twinlens.cli.outcome import FOUND, AsJson, LogFile, Verbose, as_exit_code, print_json, say, start_logging

EXAMPLE = "Example: twinlens caption ~/Pictures/beach.jpg --in ~/Pictures -k 3"


@as_exit_code
@with_filters
def run(
    photo: Annotated[
        Path, typer.Argument(help="Photo file, in the collection or not.", show_default=False, readable=False)
    ],
    place: Place = None,
    k: Count = 10,
    candidates: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            readable=False,
            help="Rank these captions instead: one per line, or any caption file; needs no collection.",
        ),
    ] = None,
    model: Annotated[
        str | None,
        typer.Option(metavar="NAME|DIR", help="The collection's model; with --candidates, any model."),
    ] = None,
    built_in: Annotated[
        bool,
        typer.Option("--built-in", help="Everyday descriptions of the built-in list, even if there are captions."),
    ] = False,
    language: Language = None,
    add: Annotated[
        str | None, typer.Option("--add", metavar="TEXT", help="Give the photo this caption.", show_default=False)
    ] = None,
    instead_of: Annotated[
        str | None,
        typer.Option("--instead-of", metavar="TEXT", help="The caption that the one of --add replaces."),
    ] = None,
    remove: Annotated[
        str | None, typer.Option("--remove", metavar="TEXT", help="Take this caption from the photo.")
    ] = None,
    own: Annotated[bool, typer.Option("--own", help="Only list the captions that the photo has.")] = False,
    filters: FilterValues | None = None,
    null: Null = False,
    as_json: AsJson = False,
    verbose: Verbose = False,
    log_file: LogFile = None,
) -> int:
    """Find the captions that fit a photo best.

    Prints one hit per line: rank, probability ("-" without a calibration), score,
    caption. The captions are those added with 'twinlens index --captions FILE', or
    those of --candidates. Where there are none, the photo is described by a built-in
    list of everyday descriptions, each with its grade; that needs no collection.
    --add, --remove and --own are about the photo's own captions, and print those that
    it has then, a line each; no photo file is changed.
    """
    start_logging(verbose=verbose, log_file=log_file)
    check_output(null=null, as_json=as_json)
    if add is not None or remove is not None or instead_of is not None or own:
        is_searched = bool(candidates or built_in or model or null or any((filters or {}).values()))
        return change_captions(
            place, photo, add=add, instead_of=instead_of, remove=remove, is_searched=is_searched, as_json=as_json
        )
    spoken = language_of_output(language, for_people=not (as_json or null))
    if candidates is not None:
        if built_in:
            raise typer.BadParameter("captions come from a file or from the built-in list; leave one of them out")
        if place is not None:
            raise typer.BadParameter(
                "captions come from a collection or from a file; give --in or --candidates, not both"
            )
        if any((filters or {}).values()):
            raise typer.BadParameter("filters select photos of a collection; leave them out with --candidates")
        return _among_candidates(photo, candidates, model or "default", k=k, as_json=as_json, null=null)
    filters = filters or {}
    check_filters(filters)
    if built_in and any(filters.values()):
        raise typer.BadParameter("filters select captions of photos; leave them out with --built-in")
    opened = _found(place, model, filters)
    if opened is None:
        answer = described(photo, api.models.load_model(model or "default"), k=k, language=spoken)
        return show_answer(answer, as_json=as_json, null=null)
    complete_change(opened.collection)
    with opened.collection as collection:
        if built_in or collection.catalog.captions.is_empty():
            answer = described(photo, collection.encoder, k=k, language=spoken)
            return show_answer(answer, as_json=as_json, null=null)
        search = api.searching.Search(
            api.searching.photo_query(photo), opened.filters(filters), api.searching.Page(k), "caption", show_all=True
        )
        since_index = say_since_index(opened)
        return show_answer(collection.answer(search), as_json=as_json, null=null, since_index=since_index)


def _found(place: Path | None, model: str | None, filters: "dict[str, Any]") -> "api.library.Opened | None":
    """The collection; None where there is none and none was asked for."""
    from twinlens.errors import CollectionNotFoundError

    try:
        return api.library.find_existing(place, model=model)
    except CollectionNotFoundError:
        if place is not None or any(filters.values()):
            raise
        return None


def described(
    photo: Path, encoder: "api.searching.DualEncoder", *, k: int, language: "api.describing.Language"
) -> "api.searching.Answer":
    """What the built-in list says of a photo; a bar shows how far the list is embedded, the first time."""
    from twinlens.cli.progress import texts_bar

    say("described by the built-in list; add captions of your own: twinlens index PHOTOS --captions FILE")
    with texts_bar("reading the list, once for this model") as on_progress:
        return api.searching.describe(
            api.searching.photo_query(photo),
            encoder,
            page=api.searching.Page(k),
            language=language,
            on_progress=on_progress,
        )


def _among_candidates(photo: Path, candidates: Path, model: str, *, k: int, as_json: bool, null: bool) -> int:
    captions = api.searching.read_captions(candidates.expanduser())
    encoder = api.models.load_model(model)
    started = time.perf_counter()
    ranked = api.searching.rank_captions(api.searching.photo_query(photo), captions, encoder, k=k)
    if as_json:
        results = [
            {
                "rank": found.rank,
                "image_id": None,
                "image_path": None,
                "score": round(found.score, 6),
                "probability": None,
                "relevant": None,  # no relevance decision for captions from a file
                "caption": found.caption,
            }
            for found in ranked
        ]
        print_json(
            {
                "query": str(photo),
                "target": "caption",
                "model": encoder.fingerprint,
                "num_results": len(results),
                "num_candidates": len(captions),
                "took_ms": round((time.perf_counter() - started) * 1000, 2),
                "results": results,
            }
        )
    elif null:
        print_null(found.caption for found in ranked)
    else:
        for found in ranked:
            print_line(found, found.caption)
    return FOUND
