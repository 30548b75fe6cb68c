"""``twinlens caption``: find the captions that fit a photo."""

import time
from pathlib import Path
from typing import Annotated

import typer

from twinlens import api
from twinlens.cli.answers import print_line, say_since_index, show_answer
from twinlens.cli.options.common import Count, Place
from twinlens.cli.options.filters import FilterValues, check_filters, with_filters
from twinlens.cli.outcome import FOUND, AsJson, LogFile, Verbose, as_exit_code, print_json, start_logging

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
    filters: FilterValues | None = None,
    as_json: AsJson = False,
    verbose: Verbose = False,
    log_file: LogFile = None,
) -> int:
    """Find the captions that fit a photo best.

    Prints one hit per line: rank, probability ("-" without a calibration), score,
    caption. The captions are those added with 'twinlens index --captions FILE', or
    those of --candidates.
    """
    start_logging(verbose=verbose, log_file=log_file)
    if candidates is not None:
        if place is not None:
            raise typer.BadParameter(
                "captions come from a collection or from a file; give --in or --candidates, not both"
            )
        if any((filters or {}).values()):
            raise typer.BadParameter("filters select photos of a collection; leave them out with --candidates")
        return _among_candidates(photo, candidates, model or "default", k=k, as_json=as_json)
    filters = filters or {}
    check_filters(filters)
    opened = api.library.find_existing(place, model=model)
    with opened.collection as collection:
        search = api.searching.Search(
            api.searching.photo_query(photo), opened.filters(filters), api.searching.Page(k), "caption", show_all=True
        )
        since_index = say_since_index(opened)
        return show_answer(collection.answer(search), as_json=as_json, since_index=since_index)


def _among_candidates(photo: Path, candidates: Path, model: str, *, k: int, as_json: bool) -> int:
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
    else:
        for found in ranked:
            print_line(found, found.caption)
    return FOUND
