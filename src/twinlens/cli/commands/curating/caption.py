"""``twinlens caption``: find the captions that fit a photo."""

import time
from pathlib import Path
from typing import Any

import typer

from twinlens import api
from twinlens.cli.answers import check_output, print_line, print_null, say_since_index, show_answer
from twinlens.cli.captions import change_captions
from twinlens.cli.language import language_of_output
from twinlens.cli.open_collection import complete_change
from twinlens.cli.options.caption import Add, AnyModel, BuiltIn, Candidates, InsteadOf, Own, Photo, Remove
from twinlens.cli.options.common import Count, Language, Null, Place
from twinlens.cli.options.filters import FilterValues, check_filters, with_filters
from twinlens.cli.outcome import FOUND, AsJson, as_exit_code, logged, print_json, say

EXAMPLE = "Example: twinlens caption ~/Pictures/beach.jpg --in ~/Pictures -k 3"


@as_exit_code
@logged
@with_filters
def run(
    photo: Photo,
    place: Place = None,
    k: Count = 10,
    candidates: Candidates = None,
    model: AnyModel = None,
    built_in: BuiltIn = False,
    language: Language = None,
    add: Add = None,
    instead_of: InsteadOf = None,
    remove: Remove = None,
    own: Own = False,
    filters: FilterValues | None = None,
    null: Null = False,
    as_json: AsJson = False,
) -> int:
    """Find the captions that fit a photo best.

    Prints one hit per line: rank, probability ("-" without a calibration), score,
    caption. The captions are those added with 'twinlens index --captions FILE', or
    those of --candidates. Where there are none, the photo is described by a built-in
    list of everyday descriptions, each with its grade; that needs no collection.
    --add, --remove and --own are about the photo's own captions, and print those that
    it has then, a line each; no photo file is changed.
    """
    check_output(null=null, as_json=as_json)
    filters = filters or {}
    has_filters = any(filters.values())
    if add is not None or remove is not None or instead_of is not None or own:
        is_searched = bool(candidates or built_in or model or null or has_filters)
        return change_captions(
            place, photo, add=add, instead_of=instead_of, remove=remove, is_searched=is_searched, as_json=as_json
        )
    spoken = language_of_output(language, for_people=not (as_json or null))
    if candidates is not None:
        _check_candidates(place, built_in=built_in, has_filters=has_filters)
        return _among_candidates(photo, candidates, model or "default", k=k, as_json=as_json, null=null)
    check_filters(filters)
    if built_in and has_filters:
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


def _check_candidates(place: Path | None, *, built_in: bool, has_filters: bool) -> None:
    if built_in:
        raise typer.BadParameter("captions come from a file or from the built-in list; leave one of them out")
    if place is not None:
        raise typer.BadParameter("captions come from a collection or from a file; give --in or --candidates, not both")
    if has_filters:
        raise typer.BadParameter("filters select photos of a collection; leave them out with --candidates")


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
