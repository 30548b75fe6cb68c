"""``twinlens caption``: captions that fit one photo."""

import time
from pathlib import Path
from typing import Annotated

import typer

from twinlens.cli.outcome import FOUND, AsJson, LogFile, Verbose, exits, start_logging
from twinlens.cli.search import Count, Place, print_json, print_line, result_json, show_answer
from twinlens.cli.shown import choose

EXAMPLE = "Example: twinlens caption ~/Pictures/beach.jpg --in ~/Pictures -k 3"


@exits
def run(
    photo: Annotated[
        Path, typer.Argument(help="A photo, in the collection or not.", show_default=False, readable=False)
    ],
    place: Place = None,
    k: Count = 10,
    candidates: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            readable=False,
            help="Rank these captions instead, one a line or any file of captions; needs no collection.",
        ),
    ] = None,
    model: Annotated[
        str | None,
        typer.Option(metavar="NAME|DIR", help="Must be the collection's model; with --candidates any."),
    ] = None,
    as_json: AsJson = False,
    verbose: Verbose = False,
    log_file: LogFile = None,
) -> int:
    """Find the captions that fit a photo best.

    One hit a line: rank, probability ("-" without a calibration), score, caption. They
    are the captions that the collection learned with 'twinlens index --captions FILE',
    or those of --candidates.
    """
    from twinlens import api

    start_logging(verbose=verbose, log_file=log_file)
    if candidates is not None:
        if place is not None:
            raise typer.BadParameter("captions come from a collection or from a file: give --in or --candidates")
        return _among_candidates(photo, candidates, model or "default", k=k, as_json=as_json)
    opened = api.find_existing(place, model=model)
    with opened.collection as collection:
        filters = api.Filters(folder=str(opened.within) if opened.within else None)
        query = api.photo_query(photo.expanduser())
        answer = collection.answer(query, target="caption", page=api.Page(k=k), filters=filters)
        return show_answer(str(photo), choose(answer, show_all=True), collection, target="caption", as_json=as_json)


def _among_candidates(photo: Path, candidates: Path, model: str, *, k: int, as_json: bool) -> int:
    from twinlens import api

    captions = api.read_candidates(candidates.expanduser())
    encoder = api.load_model(model)
    started = time.perf_counter()
    ranked = api.rank_candidates(api.photo_query(photo.expanduser()), captions, encoder, k=k)
    if as_json:
        print_json(
            [result_json(found, image_id=None, image_path=None) for found in ranked],
            query=str(photo),
            target="caption",
            model=encoder.fingerprint,
            num_candidates=len(captions),
            took_ms=round((time.perf_counter() - started) * 1000, 2),
        )
    else:
        for found in ranked:
            print_line(found, found.caption)
    return FOUND
