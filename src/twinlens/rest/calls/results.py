"""Convert the fields of a call to a search, and its answer to the call's response."""

import logging
import time
from dataclasses import replace
from functools import partial
from typing import Any

from twinlens.api.filters import Filters, is_place, known_filters
from twinlens.api.library import Collection
from twinlens.api.photos.describing import accepted_language
from twinlens.api.searching import (
    Answer,
    Page,
    Query,
    QueryVector,
    Search,
    Term,
    is_video,
    parse_region,
    picture_query,
    read_photo_bytes,
    words_query,
)
from twinlens.rest.calls.schemas.fields import CaptionFields, FilterFields, PageFields, SearchFields
from twinlens.rest.calls.schemas.results import CaptionAnswer, SearchAnswer
from twinlens.rest.engine.engine import Engine
from twinlens.rest.failures import RequestFailure, unknown_image
from twinlens.rest.gate.limits.costs import cost_of_search

queries = logging.getLogger("twinlens.queries")
LIMIT_OF_RESULTS = "the limit is --max-top-k"


async def words(engine: Engine, text: str) -> Query:
    """Parses and embeds a text query, which may be a weighted sum.

    Raises:
        QueryError: the parts cancel each other out.
    """
    started = time.perf_counter()
    query = words_query(text)
    texts = query.texts()
    vectors = dict(zip(texts, await engine.text_vectors(texts), strict=True))
    return replace(query.with_vectors(vectors), text=text, embedding_s=time.perf_counter() - started)


async def library_photo(engine: Engine, image_id: str, region: str | None = None, *, client: str = "local") -> Query:
    """A library photo, or a region of it, as a query; a region is decoded, and takes its turn.

    Raises:
        RequestFailure: no indexed photo has this id.
        QueryError: the region is none.
        PhotoError: the photo is gone, or has no such region.
    """
    query: Query = await engine.run("search", _photo_query, engine.collection, image_id)
    if not (region and region.strip()):
        return query
    started, part = time.perf_counter(), parse_region(region)
    (term,) = query.terms
    async with engine.region_turns:  # so that few files are held in memory at once
        file = term.path
        source = file if is_video(file) else await engine.run("search", read_photo_bytes, file)
        _, vector = await engine.picture_vector(source, region=part, client=client)
    return Query((replace(term, region=part),), image_id, vector, embedding_s=time.perf_counter() - started)


async def uploaded_picture(
    engine: Engine, data: bytes, number: int, region: str | None = None, *, client: str = "local"
) -> Query:
    """Embeds an uploaded picture, or a region of it; clients get their turns in rotation.

    Raises:
        QueryError: the region is none.
        PhotoError: the picture cannot be read, or has no such region.
    """
    started = time.perf_counter()
    part = parse_region(region) if region and region.strip() else None
    pixels, vector = await engine.picture_vector(data, region=part, client=client)
    query = picture_query(f"picture {number}", pixels, vector)
    return replace(query, embedding_s=time.perf_counter() - started)


async def find_photos(
    engine: Engine, query: Query, fields: SearchFields, *, include_self: bool = False
) -> SearchAnswer:
    """Photos that fit, best first: ``top_k`` of them, or those that ``min_grade`` and ``min_probability`` ask for."""
    search = Search(
        query,
        filters_of(fields),
        Page(_page_length(engine, fields), fields.offset, fields.sort),
        min_probability=fields.min_probability,
        include_query_photo=include_self,
        min_grade=fields.min_grade,
        group=fields.group,
        explain=fields.explain,
    )
    answer = await _answer(engine, search)
    if fields.min_grade is not None or fields.min_probability is not None:
        answer = replace(answer, hits=answer.matching)
    return SearchAnswer(**json_of(answer))


async def find_captions(engine: Engine, query: Query, fields: CaptionFields, *, liked: str = "") -> CaptionAnswer:
    """Captions that fit, best first.

    Args:
        engine: searches.
        query: of a picture.
        fields: of the call.
        liked: its ``Accept-Language``.
    """
    page = Page(_page_length(engine, fields), fields.offset)
    filters = filters_of(fields)
    if fields.built_in or await engine.run("search", engine.collection.catalog.captions.is_empty):
        # the first one for a model embeds the list, which takes half a minute: searches go on meanwhile
        language = fields.language or accepted_language(liked)
        answer = await engine.run("explain", partial(engine.collection.describe, query, page=page, language=language))
        return CaptionAnswer(**json_of(answer))
    answer = await _answer(engine, Search(query, filters, page, target="caption"))
    return CaptionAnswer(**json_of(answer))


def page_length(engine: Engine, asked_for: int | None, *, usual: int) -> int:
    """Number of results of an answer: the requested one, else the usual one, capped by the limit.

    Raises:
        RequestFailure: the requested number is above the server's limit.
    """
    most = engine.settings.max_top_k
    if asked_for is not None and asked_for > most:
        raise RequestFailure("invalid_request", f"top_k must be at most {most}, got {asked_for}", LIMIT_OF_RESULTS)
    return min(usual, most) if asked_for is None else asked_for


def filters_of(fields: FilterFields) -> Filters:
    """Filters from the fields of a request.

    Raises:
        RequestFailure: the folder is not in the library.
        QueryError: a value is invalid.
    """
    values = {name: getattr(fields, name) for name in known_filters()}
    for name, value in values.items():
        if value is not None and known_filters()[name].kind == "folder":
            values[name] = _folder(value)
    return Filters(**values)


def _folder(folder: str) -> str | None:
    """A folder filter that cannot reveal where the library is on this machine."""
    if not folder.strip("/\\. "):
        return None
    if is_place(folder):
        raise RequestFailure(
            "unknown_folder", "no indexed photo is in that folder", "give a path relative to the library"
        )
    return folder


def cost_of(engine: Engine, fields: PageFields, *, queries: int = 1) -> float:
    """What a search costs, by the results of its answer."""
    return cost_of_search(min(fields.top_k, engine.settings.max_top_k), queries=queries)


def _page_length(engine: Engine, fields: PageFields) -> int:
    asked_for = fields.top_k if "top_k" in fields.model_fields_set else None
    return page_length(engine, asked_for, usual=fields.top_k)


async def _answer(engine: Engine, search: Search) -> Answer:
    if engine.settings.query_log:
        queries.info("%r", search.query.text)
    return await engine.run("search", engine.collection.answer, search)


def json_of(answer: Answer) -> dict[str, Any]:
    """The fields of the response."""
    fields = answer.to_json(everything=True, absolute_paths=False)
    del fields["target"]
    for result, hit in zip(fields["results"], answer.hits, strict=True):
        result["probability"], result["place"] = hit.probability, hit.place
        if answer.search.target == "image":
            result["caption"] = hit.own_caption
    return fields


def _photo_query(collection: Collection, image_id: str) -> Query:
    card = collection.photo(image_id)
    known = collection.catalog.vector_of_photo(card.number) if card else None
    if card is None or known is None:
        raise unknown_image(image_id)
    vector = QueryVector(known.embedding, known.model.fingerprint, known.likeness)
    return Query((Term("photo", str(card.path)),), image_id, vector)
