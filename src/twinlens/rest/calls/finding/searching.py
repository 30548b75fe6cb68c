"""Calls that search: by text, by photo, for captions, in batches."""

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from types import MappingProxyType
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel
from starlette.responses import Response, StreamingResponse

from twinlens.api.searching import Query, sum_of, texts_without, words_query
from twinlens.counted import counted
from twinlens.errors import PhotoError, PhotoTooLargeError, PhotoTooSlowError, RegionError
from twinlens.rest.calls.content_type import is_form
from twinlens.rest.calls.finding.forms import (
    MOST_FILES,
    WeightedUpload,
    caption_search,
    image_search,
    read_upload,
    validated,
)
from twinlens.rest.calls.results import cost_of, find_captions, find_photos, library_photo, uploaded_picture, words
from twinlens.rest.calls.schemas.fields import CaptionFields
from twinlens.rest.calls.schemas.results import BatchAnswer, CaptionAnswer, SearchAnswer
from twinlens.rest.calls.schemas.searches import BatchSearch, CaptionSearch, ImageSearch, TextSearch
from twinlens.rest.engine.engine import Engine
from twinlens.rest.failures import RequestFailure
from twinlens.rest.gate.callers import client_of
from twinlens.rest.gate.limits.costs import Charged

router = APIRouter(prefix="/api/search", tags=["search"])
MOST_TERMS = 256  # per call: four encoder batches, while other requests wait


async def ready_engine(request: Request) -> Engine:
    """The engine; fails until it is ready."""
    engine: Engine = request.app.state.engine
    engine.check_ready()
    return engine


Ready = Annotated[Engine, Depends(ready_engine)]


def two_bodies(
    model: type[BaseModel], *, more: Mapping[str, dict[str, str]] = MappingProxyType({}), most_pictures: int
) -> dict[str, Any]:
    """OpenAPI of a request body that is JSON or a form with pictures.

    Args:
        model: of the JSON; the form has the same fields, but pictures in place of ``image_id`` and ``images``.
        more: the form's other lists, such as of weights, and what is in them.
        most_pictures: of each kind; a form has one list for each, or a single field where one is the most.
    """
    described = {name: _form_field(field) for name, field in model.model_json_schema()["properties"].items()}
    pictures = {"file": {"type": "string", "format": "binary"}, "image_id": described.pop("image_id")}
    for name in ("images", "region", "without"):
        described.pop(name, None)
    if most_pictures > 1:
        pictures = {
            name: {"type": "array", "items": one, "minItems": 1, "maxItems": most_pictures}
            for name, one in pictures.items()
        }
    lists = {name: {"type": "array", "items": one} for name, one in more.items()}
    fields: dict[str, Any] = {
        "type": "object",
        "properties": {**pictures, **lists, **described},
        "additionalProperties": False,
        "oneOf" if most_pictures == 1 else "anyOf": [
            *({"required": [name]} for name in pictures),
            *({"required": ["query", name]} for name in ("without_file", "without_image_id") if name in lists),
        ],
    }
    content = {
        "application/json": {"schema": {"$ref": f"#/components/schemas/{model.__name__}"}},
        "multipart/form-data": {"schema": fields},
    }
    return {"requestBody": {"required": True, "content": content}}


def _form_field(field: dict[str, Any]) -> dict[str, Any]:
    """A field's schema in a form, where nothing can be null."""
    value = next(one for one in field.get("anyOf", [field]) if one.get("type") != "null")
    return {name: limit for name, limit in value.items() if name in _FORM_KEYS}


_FORM_KEYS = frozenset({"type", "enum", "pattern", "minLength", "maxLength", "minimum", "maximum"})


@router.post("/text")
async def search_text(body: TextSearch, engine: Ready, charge: Charged) -> SearchAnswer:
    """Photos that fit a text, best first; always ``top_k`` of them, each with its relevance."""
    terms_of(engine, [body.query])
    await charge(cost_of(engine, body))
    query = await words(engine, body.query)
    answer = await find_photos(engine, query, body)
    for part, rest in zip(answer.parts, texts_without(query, words_query), strict=True):
        part.query_without = rest
    return answer


@router.post("/batch", response_model=BatchAnswer)
async def search_batch(body: BatchSearch, engine: Ready, charge: Charged) -> Response:
    """Photos for each of several queries."""
    if len(body.queries) > engine.settings.max_batch:
        raise RequestFailure(
            "invalid_request",
            f"at most {counted(engine.settings.max_batch, 'query is', 'queries are')} allowed per call, "
            f"got {len(body.queries)}",
        )
    terms = terms_of(engine, body.queries)
    await charge(cost_of(engine, body, queries=len(body.queries)))
    await engine.text_vectors(terms)  # embedded in one batch; each is then in the cache
    pieces = [b'{"num_queries":%d,"answers":[' % len(body.queries)]
    for number, query in enumerate(body.queries):
        answer = await find_photos(engine, await words(engine, query), body)
        # serialized and sent one by one: all at once would block other requests
        pieces.append((b"," if number else b"") + answer.model_dump_json().encode())
    pieces.append(b"]}")
    length = str(sum(len(piece) for piece in pieces))
    return StreamingResponse(_each(pieces), media_type="application/json", headers={"Content-Length": length})


_LISTS = {
    "weight": {"type": "number"},
    "image_weight": {"type": "number"},
    "region": {"type": "string"},
    "image_region": {"type": "string"},
    "without_file": {"type": "string", "format": "binary"},
    "without_image_id": {"type": "string"},
    "without_image_region": {"type": "string"},
}


@router.post("/image", openapi_extra=two_bodies(ImageSearch, more=_LISTS, most_pictures=MOST_FILES))
async def search_image(request: Request, engine: Ready, charge: Charged) -> SearchAnswer:
    """Photos that look like a library photo, uploaded pictures, or a weighted sum of these and text.

    Each picture may be a region of itself. What has a grade for one of the pictures in ``without`` is left out; with
    these, a text alone may be searched for.
    """
    uploads: list[WeightedUpload] = []
    unwanted: list[bytes] = []
    if is_form(request):
        upload = await read_upload(request)
        unwanted, (body, uploads) = upload.unwanted, image_search(upload)
    else:
        body = validated(ImageSearch, await _json(request))
    photos = body.photos()
    num_decoded = len(uploads) + len(unwanted) + sum(bool(one.region) for one in (*photos, *body.without))
    await charge(cost_of(engine, body) + num_decoded)
    pictures = Pictures(engine, client_of(request.scope))
    parts = [(one.weight, await pictures.uploaded(one.data, one.region)) for one in uploads]
    parts += [(one.weight, await pictures.of_library(one.image_id, one.region)) for one in photos]
    is_without = bool(unwanted or body.without)
    if not parts and not (body.query is not None and is_without):
        raise RequestFailure(
            "invalid_request",
            "the request has nothing to leave photos out of" if is_without else "the request has no picture",
            "give an image_id or images, or upload a file",
        )
    if body.query is not None:
        terms_of(engine, [body.query])
        parts.append((body.query_weight, await words(engine, body.query)))
    without = [await pictures.uploaded(data) for data in unwanted]
    without += [await pictures.of_library(one.image_id, one.region) for one in body.without]
    return await find_photos(engine, sum_of(parts, without=without), body, include_self=body.include_self)


@router.post("/captions", openapi_extra=two_bodies(CaptionSearch, most_pictures=1))
async def search_captions(request: Request, engine: Ready, charge: Charged) -> CaptionAnswer:
    """The library's captions that fit one of its photos, or an uploaded picture.

    Where it has none, everyday descriptions of a built-in list.
    """
    fields: CaptionFields
    if is_form(request):
        upload = await read_upload(request)
        fields, ids = caption_search(upload)
        pictures = upload.pictures
    else:
        fields = validated(CaptionSearch, await _json(request))
        ids, pictures = [fields.image_id], []
    if len(ids) + len(pictures) != 1:
        raise RequestFailure(
            "invalid_request",
            f"exactly one picture is expected, got {len(ids) + len(pictures)}",
            "give one image_id or one file",
        )
    await charge(cost_of(engine, fields) + len(pictures))
    queries = Pictures(engine, client_of(request.scope))
    query = await (queries.of_library(ids[0]) if ids else queries.uploaded(pictures[0]))
    return await find_captions(engine, query, fields, liked=request.headers.get("accept-language", ""))


@dataclass
class Pictures:
    """Reads the pictures of a call, one after the other.

    Args:
        engine: embeds them.
        client: who asks.
    """

    engine: Engine
    client: str
    _count: int = 0

    async def uploaded(self, data: bytes, region: str | None = None) -> Query:
        """An uploaded picture as a query."""
        self._count += 1
        with _refusals(f"picture {self._count}"):
            return await uploaded_picture(self.engine, data, self._count, region, client=self.client)

    async def of_library(self, image_id: str, region: str | None = None) -> Query:
        """A photo of the library as a query."""
        with _refusals(f"the photo {image_id}"):
            return await library_photo(self.engine, image_id, region, client=self.client)


@contextmanager
def _refusals(what: str) -> Iterator[None]:
    try:
        yield
    except PhotoError as error:
        code, hint = _refusal(error)
        raise RequestFailure(code, f"{what} cannot be used: {error}", hint) from error


def _refusal(error: PhotoError) -> tuple[str, str]:
    """Code and hint for a picture that is not read."""
    match error:
        case RegionError():
            return "invalid_request", "give x,y,width,height of a part of the upright photo"
        case PhotoTooLargeError():
            return "picture_too_large", "send a smaller one; the limits are --max-megapixels and --max-decode-mb"
        case PhotoTooSlowError():
            return "slow_picture", "send a smaller one, or a JPEG; the limit is --max-decode-s"
    return "unreadable_picture", "send a JPEG, PNG, WebP, GIF, TIFF, HEIC or AVIF"


async def _each(pieces: Sequence[bytes]) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece


def terms_of(engine: Engine, queries: Sequence[str]) -> list[str]:
    """The texts to embed: all parts of all queries of a call.

    Raises:
        RequestFailure: a query is too long, or there are too many parts.
        QueryError: a query is empty.
    """
    longest, most = engine.settings.max_query_length, max(MOST_TERMS, engine.settings.max_batch)
    for query in queries:
        if len(query) > longest:
            raise RequestFailure(
                "invalid_request",
                f"a query may have at most {longest:,} characters, got {len(query):,}",
                "the limit is --max-query-length",
            )
    terms = [text for query in queries for text in words_query(query).texts()]
    if len(terms) > most:
        raise RequestFailure(
            "invalid_request",
            f"the queries of one call may have at most {most:,} parts in total, got {len(terms):,}",
            "split them into several calls",
        )
    return terms


async def _json(request: Request) -> Any:
    try:
        return await request.json()
    except (ValueError, RecursionError) as error:
        raise RequestValidationError([{"type": "json_invalid", "loc": ("body",), "msg": "invalid JSON"}]) from error
