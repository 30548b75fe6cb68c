"""Convert the fields of a call to a search, and its answer to the call's response."""

import logging
import re
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from twinlens.api.filters import Filters, known_filters
from twinlens.api.library import Collection
from twinlens.api.searching import Answer, Page, Query, Search, Term, weighted_sum, with_vectors, words_query
from twinlens.rest.calls.schemas import CaptionAnswer, FilterFields, PageFields, SearchAnswer, SearchFields
from twinlens.rest.engine.engine import Engine
from twinlens.rest.failures import RequestFailure, unknown_image
from twinlens.rest.gate.costs import cost_of_search
from twinlens.types import Embeddings

queries = logging.getLogger("twinlens.queries")
_ABSOLUTE = re.compile(r"[/~]|.:|\\(?!x[0-9a-f]{2})", re.DOTALL)  # not a name whose first byte is no Unicode
LIMIT_OF_RESULTS = "the limit is --max-top-k"


async def words(engine: Engine, text: str) -> Query:
    """Parses and embeds a text query, which may be a weighted sum.

    Raises:
        QueryError: the parts cancel each other out.
    """
    started = time.perf_counter()
    query = words_query(text)
    vectors = await engine.text_vectors([term.value for term in query.terms])
    parts = zip((term.weight for term in query.terms), vectors, strict=True)
    return Query(query.terms, text, weighted_sum(parts), time.perf_counter() - started)


async def library_photo(engine: Engine, image_id: str) -> Query:
    """A library photo as a query.

    Raises:
        RequestFailure: no indexed photo has this id.
    """
    return await engine.run("search", _photo_query, engine.collection, image_id)


async def uploaded_picture(engine: Engine, data: bytes, number: int, *, client: str = "local") -> Query:
    """Embeds an uploaded picture; clients get their turns in rotation.

    Raises:
        PhotoError: it cannot be read.
    """
    started = time.perf_counter()
    name = f"picture {number}"
    vector = await engine.picture_vector(data, client=client)
    query = with_vectors(Query((Term("photo", name),), name), [vector])
    return replace(query, embedding_s=time.perf_counter() - started)


def sum_of(parts: Sequence[tuple[float, Query]]) -> Query:
    """The weighted sum of several queries.

    Raises:
        QueryError: they cancel each other out.
    """
    if len(parts) == 1 and parts[0][0] > 0:
        return parts[0][1]
    terms = tuple(replace(term, weight=weight * term.weight) for weight, query in parts for term in query.terms)
    vector = weighted_sum((weight, _vector(query)) for weight, query in parts)
    text = " + ".join(query.text if weight == 1 else f"{weight:g} {query.text}" for weight, query in parts)
    alike = [(weight, query.likeness) for weight, query in parts if query.likeness is not None]
    likeness = weighted_sum(alike) if len(alike) == len(parts) else None
    return Query(terms, text, vector, sum(query.embedding_s for _, query in parts), likeness)


async def find_photos(
    engine: Engine, query: Query, fields: SearchFields, *, include_self: bool = False
) -> SearchAnswer:
    """Photos that fit, best first: ``top_k`` of them, or those above ``min_probability``."""
    search = Search(
        query,
        filters_of(fields),
        Page(_page_length(engine, fields), fields.offset, fields.sort),
        min_probability=fields.min_probability,
        include_query_photo=include_self,
        group=fields.group,
    )
    answer = await _answer(engine, search)
    if fields.min_probability is not None:
        answer = replace(answer, hits=answer.matching)
    return SearchAnswer(**_json(answer))


async def find_captions(engine: Engine, query: Query, fields: PageFields) -> CaptionAnswer:
    """Captions that fit, best first."""
    page = Page(_page_length(engine, fields), fields.offset)
    answer = await _answer(engine, Search(query, filters_of(fields), page, target="caption"))
    return CaptionAnswer(**_json(answer))


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
    if _ABSOLUTE.match(folder):
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


def _json(answer: Answer) -> dict[str, Any]:
    fields = answer.to_json(everything=True, absolute_paths=False)
    del fields["target"]
    for result, hit in zip(fields["results"], answer.hits, strict=True):
        result["probability"] = hit.probability
        if answer.search.target == "image":
            del result["caption"]
    return fields


def _photo_query(collection: Collection, image_id: str) -> Query:
    card = collection.photo(image_id)
    vector = collection.catalog.embedding(card.number) if card else None
    if card is None or vector is None:
        raise unknown_image(image_id)
    likeness = collection.catalog.features.of_photo(card.number)
    return Query((Term("photo", str(card.path)),), image_id, vector, likeness=likeness)


def _vector(query: Query) -> Embeddings:
    assert query.vector is not None
    return query.vector
