"""Uploads: multipart bodies, kept in memory and never written to disk."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, ValidationError
from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

from twinlens.api.filters import known_filters
from twinlens.rest.calls.schemas import ImageSearch, PageFields, Weight
from twinlens.rest.failures import RequestFailure

Schema = TypeVar("Schema", bound=BaseModel)
MOST_FILES = 8
MOST_FIELDS = 64
FIELD_BYTES = 64_000
_TEXTS = frozenset(
    {"query", "image_id", "sort", *(name for name, one in known_filters().items() if one.kind != "flag")}
)
_LISTS = {"weight": "weights", "image_weight": "image_weights", "image_id": "image_ids"}


@dataclass(frozen=True, slots=True)
class Upload:
    """The pictures and fields of a form."""

    pictures: list[bytes]
    fields: dict[str, Any]


class UploadWeights(BaseModel):
    """Weights of a form, one per picture, in order; a missing one is 1."""

    model_config = ConfigDict(frozen=True)

    weights: list[Weight] = []
    image_weights: list[Weight] = []


class _InMemory(MultiPartParser):
    spool_max_size = 1 << 40  # far above the body limit: nothing is spooled to a file


async def read_upload(request: Request) -> Upload:
    """The form of a request.

    Raises:
        RequestFailure: it is malformed, or has too many parts.
    """
    parser = _InMemory(
        request.headers, request.stream(), max_files=MOST_FILES, max_fields=MOST_FIELDS, max_part_size=FIELD_BYTES
    )
    try:
        form = await parser.parse()
    except MultiPartException as error:
        raise RequestFailure("invalid_request", f"the form cannot be read: {error.message}") from error
    except ValueError as error:
        raise RequestFailure("invalid_request", "the form cannot be read") from error
    try:
        return await _contents(form)
    finally:
        for file in parser._files_to_close_on_error:  # includes incomplete ones
            file.close()


async def _contents(form: FormData) -> Upload:
    pictures: list[bytes] = []
    fields: dict[str, Any] = {}
    for name, value in form.multi_items():
        if isinstance(value, UploadFile):
            _check_name(name)
            pictures.append(await value.read())
        elif name in _LISTS:
            fields.setdefault(_LISTS[name], []).append(_typed(name, value))
        else:
            fields[name] = _typed(name, value)
    return Upload(pictures, fields)


def image_search(upload: Upload) -> tuple[ImageSearch, list[float]]:
    """The search in a form, and a weight for each of its pictures."""
    fields = dict(upload.fields)
    weights = validated(UploadWeights, {name: fields.pop(name, []) for name in ("weights", "image_weights")})
    ids = fields.pop("image_ids", [])
    pairs = zip(ids, _filled(weights.image_weights, len(ids)), strict=True)
    images = [{"image_id": image_id, "weight": weight} for image_id, weight in pairs]
    return validated(ImageSearch, {**fields, "images": images}), _filled(weights.weights, len(upload.pictures))


def caption_search(upload: Upload) -> tuple[PageFields, list[str]]:
    """The caption search in a form, and the ids of the library photos in it."""
    fields = dict(upload.fields)
    return validated(PageFields, {k: v for k, v in fields.items() if k != "image_ids"}), fields.get("image_ids", [])


def validated(schema: type[Schema], fields: Mapping[str, Any]) -> Schema:
    """Validates fields; raises the same error as FastAPI does for a JSON body."""
    try:
        return schema.model_validate(fields)
    except ValidationError as error:
        faults = [{**fault, "loc": ("body", *fault["loc"])} for fault in error.errors(include_url=False)]
        raise RequestValidationError(faults) from error


def _filled(weights: list[float], length: int) -> list[float]:
    """One weight per picture, 1.0 by default."""
    if len(weights) > length:
        raise RequestFailure("invalid_request", f"the form has {len(weights)} weights for {length} pictures")
    return weights + [1.0] * (length - len(weights))


def _typed(name: str, value: str) -> Any:
    """Parses a form's text value: numbers, true and false as in JSON."""
    if name in _TEXTS:
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):  # not JSON, or nested too deeply
        return value  # the schema reports what was expected


def _check_name(name: str) -> None:
    if name != "file":
        raise RequestFailure("invalid_request", "a picture in the form must be named 'file'")
