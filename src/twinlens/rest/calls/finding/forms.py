"""Uploads: multipart bodies, kept in memory and never written to disk."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeVar

from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, ValidationError
from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

from twinlens.api.filters import known_filters
from twinlens.rest.calls.schemas.fields import CaptionFields
from twinlens.rest.calls.schemas.searches import ImageSearch
from twinlens.rest.calls.schemas.values import RegionText, Weight
from twinlens.rest.failures import RequestFailure

Schema = TypeVar("Schema", bound=BaseModel)
Value = TypeVar("Value", float, str)
MOST_FILES = 8
MOST_FIELDS = 64
FIELD_BYTES = 64_000
_TEXTS = frozenset(
    {
        "query",
        "image_id",
        "sort",
        "region",
        "image_region",
        "without_image_id",
        "without_image_region",
        *(name for name, one in known_filters().items() if one.kind != "flag"),
    }
)
_LISTS = {
    "weight": "weights",
    "image_weight": "image_weights",
    "image_id": "image_ids",
    "region": "regions",
    "image_region": "image_regions",
    "without_image_id": "without_image_ids",
    "without_image_region": "without_image_regions",
}
_FILES = ("file", "without_file")


@dataclass(frozen=True, slots=True)
class Upload:
    """The pictures and fields of a form.

    Attributes:
        pictures: to search by.
        fields: by name.
        unwanted: pictures whose like is left out.
    """

    pictures: list[bytes]
    fields: dict[str, Any]
    unwanted: list[bytes] = field(default_factory=list)


class WeightedUpload(NamedTuple):
    """A picture to search by."""

    data: bytes
    weight: float
    region: str


class UploadParts(BaseModel):
    """Weights and regions of a form, one per picture, in order; a missing weight is 1, a missing region all of it."""

    model_config = ConfigDict(frozen=True)

    weights: list[Weight] = []
    image_weights: list[Weight] = []
    regions: list[RegionText] = []
    image_regions: list[RegionText] = []
    without_image_regions: list[RegionText] = []


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
    pictures: dict[str, list[bytes]] = {name: [] for name in _FILES}
    fields: dict[str, Any] = {}
    for name, value in form.multi_items():
        if isinstance(value, UploadFile):
            _check_name(name)
            pictures[name].append(await value.read())
        elif name in _LISTS:
            fields.setdefault(_LISTS[name], []).append(_typed(name, value))
        else:
            fields[name] = _typed(name, value)
    return Upload(pictures["file"], fields, pictures["without_file"])


def image_search(upload: Upload) -> tuple[ImageSearch, list[WeightedUpload]]:
    """The search in a form, and the pictures that it searches by."""
    fields = dict(upload.fields)
    parts = validated(UploadParts, {name: fields.pop(name, []) for name in UploadParts.model_fields})
    ids = fields.pop("image_ids", [])
    weights, regions = _filled(parts.image_weights, len(ids), 1.0), _filled(parts.image_regions, len(ids), "")
    images = [
        {"image_id": image_id, "weight": weight, "region": region}
        for image_id, weight, region in zip(ids, weights, regions, strict=True)
    ]
    unwanted = fields.pop("without_image_ids", [])
    without = [
        {"image_id": image_id, "region": region}
        for image_id, region in zip(unwanted, _filled(parts.without_image_regions, len(unwanted), ""), strict=True)
    ]
    count = len(upload.pictures)
    uploads = zip(upload.pictures, _filled(parts.weights, count, 1.0), _filled(parts.regions, count, ""), strict=True)
    search = validated(ImageSearch, {**fields, "images": images, "without": without})
    return search, [WeightedUpload(*one) for one in uploads]


def caption_search(upload: Upload) -> tuple[CaptionFields, list[str]]:
    """The caption search in a form, and the ids of the library photos in it."""
    fields = dict(upload.fields)
    if upload.unwanted:
        raise RequestFailure("invalid_request", "captions are searched by one picture, without others to leave out")
    return validated(CaptionFields, {k: v for k, v in fields.items() if k != "image_ids"}), fields.get("image_ids", [])


def validated(schema: type[Schema], fields: Mapping[str, Any]) -> Schema:
    """Validates fields; raises the same error as FastAPI does for a JSON body."""
    try:
        return schema.model_validate(fields)
    except ValidationError as error:
        faults = [{**fault, "loc": ("body", *fault["loc"])} for fault in error.errors(include_url=False)]
        raise RequestValidationError(faults) from error


def _filled(values: list[Value], length: int, default: Value) -> list[Value]:
    """One weight, or region, per picture."""
    if len(values) > length:
        what = "regions" if isinstance(default, str) else "weights"
        raise RequestFailure("invalid_request", f"the form has {len(values)} {what} for {length} pictures")
    return values + [default] * (length - len(values))


def _typed(name: str, value: str) -> Any:
    """Parses a form's text value: numbers, true and false as in JSON."""
    if name in _TEXTS:
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):  # not JSON, or nested too deeply
        return value  # the schema reports what was expected


def _check_name(name: str) -> None:
    if name not in _FILES:
        raise RequestFailure("invalid_request", "a picture in the form must be named 'file', or 'without_file'")
