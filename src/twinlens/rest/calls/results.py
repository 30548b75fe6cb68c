"""Searches: from what a call asks for to the results it gives."""

import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from twinlens import api
from twinlens.rest.calls.schemas import (
    CaptionAnswer,
    CaptionResult,
    ImageResult,
    PageFields,
    SearchAnswer,
    SearchFields,
)
from twinlens.rest.engine.engine import Engine
from twinlens.rest.failures import RequestFailure, unknown_image
from twinlens.types import Embeddings

queries = logging.getLogger("twinlens.queries")
LIMIT_OF_RESULTS = "the limit is --max-top-k"


@dataclass(frozen=True, slots=True)
class Asked:
    """A query with its vector.

    Attributes:
        text: how it is named in the answer.
        query: with its vector.
        took_s: to make the vector, waiting included.
    """

    text: str
    query: api.Query
    took_s: float = 0.0


async def ask_words(engine: Engine, text: str) -> Asked:
    """Words, or a sum of them, as somebody typed them.

    Raises:
        QueryError: the parts cancel each other out.
    """
    started = time.perf_counter()
    query = api.words_query(text)
    vectors = await engine.text_vectors([term.value for term in query.terms])
    parts = zip((term.weight for term in query.terms), vectors, strict=True)
    vector = vectors[0] if len(vectors) == 1 else api.weighted_sum(parts)
    return Asked(text, api.Query(query.terms, vector), time.perf_counter() - started)


async def ask_photo(engine: Engine, image_id: str) -> Asked:
    """A photo of the library.

    Raises:
        RequestFailure: none has that id.
    """
    return await engine.run("search", _photo_query, engine.collection, image_id)


async def ask_picture(engine: Engine, data: bytes, number: int) -> Asked:
    """An uploaded picture.

    Raises:
        RequestFailure: it cannot be read.
    """
    started = time.perf_counter()
    name = f"picture {number}"
    vector = await engine.picture_vector(data)
    return Asked(name, api.Query((api.Term("photo", name),), vector), time.perf_counter() - started)


def ask_sum(parts: Sequence[tuple[float, Asked]]) -> Asked:
    """Several of these together.

    Raises:
        QueryError: they cancel each other out.
    """
    if len(parts) == 1 and parts[0][0] > 0:
        return parts[0][1]
    terms = tuple(
        api.Term(term.kind, term.value, weight * term.weight) for weight, asked in parts for term in asked.query.terms
    )
    vector = api.weighted_sum((weight, _vector(asked)) for weight, asked in parts)
    text = " + ".join(asked.text if weight == 1 else f"{weight:g} {asked.text}" for weight, asked in parts)
    return Asked(text, api.Query(terms, vector), sum(asked.took_s for _, asked in parts))


async def find_photos(
    engine: Engine, asked: Asked, fields: SearchFields, *, include_self: bool = False
) -> SearchAnswer:
    """Photos that fit, best first."""
    _note(engine, asked)
    started = time.perf_counter()
    answer, shown = await _answer(engine, asked, fields, target="image", sort=fields.sort, include_self=include_self)
    hits = _likely(answer.hits, fields.min_probability)
    results = [ImageResult(**_result(hit, shown)) for hit in hits]
    return SearchAnswer(
        query=asked.text,
        num_results=len(results),
        num_candidates=answer.num_candidates,
        offset=fields.offset,
        model=engine.collection.encoder.fingerprint,
        took_ms=round((time.perf_counter() - started + asked.took_s) * 1000, 2),
        results=results,
        query_read=await _part_read(engine, asked),
    )


async def find_captions(engine: Engine, asked: Asked, fields: PageFields) -> CaptionAnswer:
    """Captions that fit, best first."""
    _note(engine, asked)
    started = time.perf_counter()
    answer, shown = await _answer(engine, asked, fields, target="caption", sort="relevance", include_self=True)
    results = [CaptionResult(**_result(hit, shown), caption=hit.caption or "") for hit in answer.hits]
    return CaptionAnswer(
        query=asked.text,
        num_results=len(results),
        num_candidates=answer.num_candidates,
        offset=fields.offset,
        model=engine.collection.encoder.fingerprint,
        took_ms=round((time.perf_counter() - started + asked.took_s) * 1000, 2),
        results=results,
    )


async def _answer(
    engine: Engine, asked: Asked, fields: PageFields, *, target: api.Target, sort: api.Sort, include_self: bool
) -> tuple[api.Answer, Mapping[str, api.ShownPhoto]]:
    """Hits, and what a grid shows of their photos."""
    asked_for = fields.top_k if "top_k" in fields.model_fields_set else None
    length = page_length(engine, asked_for, usual=fields.top_k)
    page = api.Page(k=length, offset=fields.offset, sort=sort)
    filters = filters_of(
        after=fields.after,
        before=fields.before,
        folder=fields.folder,
        camera=fields.camera,
        favourites=fields.favourites,
    )

    def search() -> tuple[api.Answer, Mapping[str, api.ShownPhoto]]:
        answer = engine.collection.answer(
            asked.query, target=target, page=page, filters=filters, include_query_photo=include_self
        )
        return answer, api.shown_photos(engine.collection, {hit.id for hit in answer.hits})

    return await engine.run("search", search)


def page_length(engine: Engine, asked_for: int | None, *, usual: int) -> int:
    """Results of one answer: as many as were asked for, else the usual number unless that is above the limit.

    Raises:
        RequestFailure: more were asked for than the server gives.
    """
    most = engine.settings.max_top_k
    if asked_for is not None and asked_for > most:
        raise RequestFailure("invalid_request", f"top_k must be at most {most}, got {asked_for}", LIMIT_OF_RESULTS)
    return min(usual, most) if asked_for is None else asked_for


def filters_of(
    *, after: str | None, before: str | None, folder: str | None, camera: str | None, favourites: bool
) -> api.Filters:
    """Filters as a caller gives them.

    Raises:
        RequestFailure: the folder is none of the library's.
    """
    return api.Filters(after=after, before=before, folder=_folder(folder), camera=camera, favourites=favourites)


def _folder(folder: str | None) -> str | None:
    """A folder filter that cannot name, or find out, where the library lies on this machine."""
    if folder is None or not folder.strip("/\\. "):
        return None
    if folder.startswith(("/", "\\", "~")) or folder[1:2] == ":":
        raise RequestFailure("unknown_folder", "no indexed photo lies in that folder", "name it below the library")
    return folder


def _likely(hits: Sequence[api.Hit], least: float | None) -> Sequence[api.Hit]:
    if least is None:
        return hits
    if any(hit.probability is None for hit in hits):
        raise RequestFailure(
            "no_calibration", "there are no probabilities for such a query", "leave out min_probability"
        )
    return [hit for hit in hits if (hit.probability or 0.0) >= least]


def _result(hit: api.Hit, shown: Mapping[str, api.ShownPhoto]) -> dict[str, Any]:
    photo = shown.get(hit.id)  # None where it has just been removed
    facts = {
        "rank": hit.rank,
        "image_id": hit.id,
        "image_path": hit.id,
        "score": round(hit.score, 6),
        "probability": hit.probability,
        "relevant": hit.relevant,
    }
    if photo is None:
        return facts
    return facts | {
        "width": photo.width,
        "height": photo.height,
        "taken_at": photo.taken_at,
        "is_favourite": photo.is_favourite,
    }


def _photo_query(collection: api.Collection, image_id: str) -> Asked:
    card = api.find_photo(collection, image_id)
    vector = collection.catalog.embedding(card.number) if card else None
    if card is None or vector is None:
        raise unknown_image(image_id)
    return Asked(image_id, api.Query((api.Term("photo", str(card.path)),), vector))


async def _part_read(engine: Engine, asked: Asked) -> str | None:
    """What the model reads of words that are too long for it; None when it reads all."""
    encoder = engine.collection.encoder
    for term in asked.query.terms:
        # a token has one byte or more, so most queries need not be counted
        if term.kind == "words" and len(term.value.encode()) > encoder.manifest.text.max_tokens - 2:
            read = await engine.run("encode", encoder.seen_part, term.value)
            if read != term.value:
                return read
    return None


def _vector(asked: Asked) -> Embeddings:
    assert asked.query.vector is not None
    return asked.query.vector


def _note(engine: Engine, asked: Asked) -> None:
    if engine.settings.query_log:
        queries.info("%r", asked.text)
