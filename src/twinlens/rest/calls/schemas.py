"""What calls take and give, as the OpenAPI page shows it."""

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, create_model
from pydantic.json_schema import SkipJsonSchema

from twinlens.api.filters import Filter, known_filters

DEEPEST_OFFSET = 10_000_000


def _whole(value: object) -> object:
    """A JSON integer: 10 and 10.0, but neither "10" nor true."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError("must be a whole number")
    return value


Whole = Annotated[int, BeforeValidator(_whole)]
Weight = Annotated[float, Field(ge=-1e6, le=1e6, strict=True, description="how much it counts; below 0 = less like it")]
ImageId = Annotated[str, Field(min_length=1, max_length=4096, examples=["image_001.jpg"])]
Words = Annotated[
    str,
    Field(
        min_length=1,
        pattern=r"\S",
        description="words, or a sum as 'dog + 0.5 beach - night' (operators stand between spaces)",
        examples=["a dog playing in the park"],
    ),
]


class Body(BaseModel):
    """What a call takes; unknown fields are faults, so that a misspelt one is noticed."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def _filter_field(one: Filter, *, strict: bool) -> tuple[Any, Any]:
    """The field of a filter: strict in JSON, where true is not "true"."""
    if one.kind == "flag":
        return bool, Field(default=False, strict=strict, description=one.help)
    value = Literal[one.choices] if one.choices else str
    limits = {"pattern": one.pattern, "max_length": one.max_length, "examples": [one.example] if one.example else None}
    given = {name: limit for name, limit in limits.items() if limit is not None}
    return Annotated[value, Field(**given)] | None, Field(default=None, description=one.help)  # type: ignore[call-overload]


if TYPE_CHECKING:

    class FilterFields(Body):
        """Which photos are candidates: a field for each filter."""

    class FilterParameters(FilterFields):
        """The same in an address."""

else:
    FilterFields = create_model(
        "FilterFields",
        __base__=Body,
        **{name: _filter_field(one, strict=True) for name, one in known_filters().items()},
    )
    FilterParameters = create_model(
        "FilterParameters",
        __base__=FilterFields,
        **{name: _filter_field(one, strict=False) for name, one in known_filters().items()},
    )


class PageFields(FilterFields):
    """Which results are wanted, and in which order."""

    top_k: Whole = Field(default=10, ge=1, description="number of results")
    offset: Whole = Field(default=0, ge=0, le=DEEPEST_OFFSET, description="results to leave out at the top, for paging")


class BrowseFields(FilterParameters):
    """A part of the library, without a query."""

    top_k: int = Field(default=100, ge=1)
    offset: int = Field(default=0, ge=0, le=DEEPEST_OFFSET)


class SearchFields(PageFields):
    """Which photos are wanted."""

    sort: Literal["relevance", "date"] = Field(
        default="relevance", description="'date' brings all that matches newest first, then the others"
    )
    min_probability: float | None = Field(
        default=None, ge=0, le=1, strict=True, description="leave out what is less likely to fit"
    )


class TextSearch(SearchFields):
    """Photos that fit words."""

    query: Words


class BatchSearch(SearchFields):
    """Photos that fit each of several queries."""

    queries: list[Words] = Field(min_length=1)


class WeightedImage(Body):
    """A photo of the library and how much it counts."""

    image_id: ImageId
    weight: Weight = 1.0


class ImageSearch(SearchFields):
    """Photos that look like a photo of the library, or like a sum of several and of words."""

    image_id: ImageId | SkipJsonSchema[None] = None
    images: list[WeightedImage] = Field(default=[], max_length=8, description="several photos, each with a weight")
    query: Words | SkipJsonSchema[None] = Field(default=None, description="words that count, too")
    query_weight: Weight = 1.0
    include_self: bool = Field(default=False, strict=True, description="the query photo may find itself")


class CaptionSearch(PageFields):
    """Captions that fit a photo of the library."""

    image_id: ImageId


class SessionStart(Body):
    """The key, shown once for a cookie."""

    key: str = Field(min_length=1, max_length=1000)


class Failure(BaseModel):
    """What went wrong."""

    code: str = Field(description="one of those in the reference")
    message: str = Field(description="what was wanted and what came")
    hint: str = Field(description="what to do next")


class FailureAnswer(BaseModel):
    """What every call answers that fails."""

    error: Failure


class ImageResult(BaseModel):
    """One photo found."""

    rank: int = Field(description="place in the answer, 1 = first")
    image_id: str
    image_path: str = Field(description="below the library")
    score: float = Field(description="cosine in [-1, 1]")
    probability: float | None = Field(description="that it fits; null without a calibration")
    relevant: bool | None = Field(description="whether it fits; null without a calibration")
    width: int | None = Field(default=None, description="pixels, upright")
    height: int | None = None
    taken_at: str | None = Field(default=None, description="the camera's wall clock")
    is_favourite: bool = Field(default=False, description="it was marked")
    shown: bool = Field(default=True, description="it matches or, where nothing does, is one of the closest")


class CaptionResult(ImageResult):
    """One caption found, and the photo that it is of."""

    caption: str


class Answered(BaseModel):
    """What is said of every search."""

    query: str
    understood: str = Field(description="what was searched for, in a sentence")
    num_results: int
    num_matches: int | None = Field(description="how many of the candidates match; null without a calibration")
    num_candidates: int = Field(description="what the filters let through")
    offset: int
    model: str = Field(description="fingerprint of the model")
    took_ms: float


class SearchAnswer(Answered):
    """Photos, best first."""

    results: list[ImageResult]
    query_read: str | None = Field(default=None, description="the part that the model reads of a query too long for it")


class CaptionAnswer(Answered):
    """Captions, best first."""

    results: list[CaptionResult]


class BatchAnswer(BaseModel):
    """One answer a query, in their order."""

    num_queries: int
    answers: list[SearchAnswer]


class Health(BaseModel):
    """Whether the server can answer."""

    status: Literal["healthy", "starting", "failed", "stopping"]
    model_loaded: bool
    num_images: int


class Architecture(BaseModel):
    """Lengths of the vectors inside the model."""

    image_input_dim: int
    text_input_dim: int
    shared_dim: int


class Stats(BaseModel):
    """The library and its model in numbers."""

    num_images: int
    num_captions: int
    num_skipped: int
    embedding_dim: int
    model: str
    model_fingerprint: str
    model_architecture: Architecture
    generation: int
    uptime_s: float
    version: str


class Tower(BaseModel):
    """One side of the model."""

    architecture: str
    input_dim: int
    quantization: str


class ModelCard(BaseModel):
    """The model that made the library's vectors."""

    name: str
    fingerprint: str
    description: str
    created: str
    license: str
    embedding_dim: int
    image: Tower
    text: Tower
    max_tokens: int | None
    is_calibrated: bool
    figures: dict[str, Any]


class FilterCard(BaseModel):
    """A filter that searches take."""

    name: str = Field(description="the field's name")
    kind: Literal["text", "date", "folder", "camera", "choice", "flag"] = Field(description="how to ask for its value")
    label: str
    help: str
    example: str
    choices: list[str] = Field(description="the values that there are; empty for any")


class FiltersAnswer(BaseModel):
    """All filters, in the order in which they are shown."""

    filters: list[FilterCard]


class Count(BaseModel):
    """How many photos have one value."""

    name: str
    images: int


class LibraryCard(BaseModel):
    """What the library holds."""

    num_images: int
    num_captions: int
    num_skipped: int
    generation: int = Field(description="grows with every change")
    is_complete: bool = Field(description="false until an index run came to its end")
    first_taken: str | None
    last_taken: str | None
    num_located: int
    cameras: list[Count]
    folders: list[Count] = Field(description="sub-folders with the photos right in them")


class PhotoAnswer(BaseModel):
    """What is known of one photo."""

    image_id: str
    image_path: str
    size_bytes: int
    modified_at: float = Field(description="seconds since 1970")
    width: int | None
    height: int | None
    taken_at: str | None = Field(description="the camera's wall clock")
    utc_offset_minutes: int | None
    camera: str | None
    latitude: float | None
    longitude: float | None
    captions: list[str]
    is_favourite: bool


class IndexAnswer(BaseModel):
    """How far indexing has come."""

    stage: Literal["never", "running", "done", "failed", "stopped"]
    found: int | None
    to_read: int | None
    done: int
    skipped: int
    started_at: float | None
    updated_at: float | None
    counts: dict[str, int]
    message: str | None


class SessionAnswer(BaseModel):
    """Whether a key is wanted, and whether this browser has shown it; and how much it may ask for."""

    key_needed: bool
    is_valid: bool
    max_top_k: int = Field(description="results of one answer at most")
