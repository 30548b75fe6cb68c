"""Request and response schemas of all calls, as OpenAPI documents them."""

from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, create_model, model_validator
from pydantic.json_schema import SkipJsonSchema

from twinlens.api.describing import Language
from twinlens.api.filters import Filter, known_filters
from twinlens.api.searching import Sort, Source
from twinlens.rest.gate.keys.scopes import KeyScope
from twinlens.types import DateSource, Grade, MapKind, Space

DEEPEST_OFFSET = 10_000_000


def _whole(value: object) -> object:
    """Accepts a JSON integer: 10 and 10.0, but not "10" or true."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError("must be a whole number")
    return value


Whole = Annotated[int, BeforeValidator(_whole)]
Weight = Annotated[float, Field(ge=-1e6, le=1e6, strict=True, description="weight in the sum; below 0 = less like it")]
ImageId = Annotated[str, Field(min_length=1, max_length=4096, examples=["image_001.jpg"])]
RegionText = Annotated[
    str,
    Field(
        max_length=100,
        description="the part of the photo that is meant: x,y,width,height of the upright photo, from its upper left "
        "corner, as fractions, per cent or pixels; of a video, @ and a time in seconds may follow",
        examples=["0.1,0.2,0.5,0.5", "0.1,0.2,0.5,0.5@83.5"],
    ),
]
LANGUAGE = "of the built-in list; without it the one that Accept-Language prefers, else English"
ORDERS = "'date' newest first, 'oldest' oldest first, 'name' by file name, 'size' largest file first"
DURATION = "length of a video in seconds; null for a photo"
DATE_SOURCE = "what told taken_at: EXIF, XMP, IPTC or GPS data, Google Takeout, the file's name, or the file's own date"
UNDATED = "photos that a date filter leaves out because they have no date; null without such a filter"
FILE_DATED = "photos that a date filter judges by the date of their file, which may be that of a copy; null without one"
Words = Annotated[
    str,
    Field(
        min_length=1,
        pattern=r"\S",
        description='words, -without, "phrases", fields such as year:2023, OR, parentheses, or a weighted sum such as '
        "'dog + 0.5 beach - 0.3 night' (operators between spaces)",
        examples=["a dog playing in the park"],
    ),
]


class Body(BaseModel):
    """Base of request bodies; unknown fields are rejected, so that misspelt ones are noticed."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def _filter_field(one: Filter, *, strict: bool) -> tuple[Any, Any]:
    """The field of a filter; strict in JSON, where "true" is not accepted for true."""
    if one.kind == "flag":
        return bool, Field(default=False, strict=strict, description=one.help)
    value = Literal[one.choices] if one.choices else str
    limits = {"pattern": one.pattern, "max_length": one.max_length, "examples": [one.example] if one.example else None}
    given = {name: limit for name, limit in limits.items() if limit is not None}
    return Annotated[value, Field(**given)] | None, Field(default=None, description=one.help)  # type: ignore[call-overload]


if TYPE_CHECKING:

    class FilterFields(Body):
        """Fields that restrict the candidates, one for each filter."""

    class FilterParameters(FilterFields):
        """The same as URL parameters."""

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
    """Fields of every search: which page of results."""

    top_k: Whole = Field(default=10, ge=1, description="number of results")
    offset: Whole = Field(default=0, ge=0, le=DEEPEST_OFFSET, description="number of best results to skip, for paging")


class BrowseFields(FilterParameters):
    """A page of the library, without a query."""

    model_config = ConfigDict(extra="ignore", frozen=True)  # proxies and browsers add parameters of their own

    sort: Sort = Field(default="date", description=f"{ORDERS}; without a query 'relevance' is 'date'")
    top_k: int = Field(default=100, ge=1)
    offset: int = Field(default=0, ge=0, le=DEEPEST_OFFSET)


class SearchFields(PageFields):
    """Fields of every search for photos."""

    sort: Sort = Field(
        default="relevance",
        description=f"other than 'relevance', all results with a grade in that order, then the others: {ORDERS}",
    )
    min_grade: Grade | None = Field(default=None, description="leave out results with a lower grade, or none")
    min_probability: float | None = Field(
        default=None, ge=0, le=1, strict=True, description="leave out results below this probability"
    )
    group: bool = Field(
        default=False,
        strict=True,
        description="make near copies of a picture, and the files of a stack, one result, which lists the others",
    )
    explain: bool = Field(default=False, strict=True, description="say why, in the field 'explanation' of the answer")


class TextSearch(SearchFields):
    """Find photos that fit a text."""

    query: Words


class BatchSearch(SearchFields):
    """Find photos for each of several queries."""

    queries: list[Words] = Field(min_length=1)


class ImagePart(Body):
    """A photo of the library, or a region of it."""

    image_id: ImageId
    region: RegionText | SkipJsonSchema[None] = None


class WeightedImage(ImagePart):
    """A photo of the library, or a region of it, and its weight."""

    weight: Weight = 1.0


class ImageSearch(SearchFields):
    """Find photos that look like a library photo, or like a weighted sum of photos and text, and not like others."""

    image_id: ImageId | SkipJsonSchema[None] = None
    region: RegionText | SkipJsonSchema[None] = None
    images: list[WeightedImage] = Field(default=[], max_length=8, description="several photos, each with a weight")
    without: list[ImagePart] = Field(
        default=[], max_length=8, description="photos: what has a grade for one of them is left out"
    )
    query: Words | SkipJsonSchema[None] = Field(default=None, description="text to add to the sum")
    query_weight: Weight = 1.0
    include_self: bool = Field(default=False, strict=True, description="allow the query photo to find itself")

    @model_validator(mode="after")
    def _region_has_its_photo(self) -> Self:
        if self.region and self.image_id is None:
            raise ValueError("region is of image_id; a photo in images has its own")
        return self

    def photos(self) -> list[WeightedImage]:
        """The photos of the library to search by."""
        alone = [] if self.image_id is None else [WeightedImage(image_id=self.image_id, region=self.region)]
        return [*alone, *self.images]


class CaptionFields(PageFields):
    """Fields of every search for captions."""

    built_in: bool = Field(
        default=False,
        strict=True,
        description="descriptions of the built-in list, even if the library has captions",
    )
    language: Language | None = Field(default=None, description=LANGUAGE)


class CaptionSearch(CaptionFields):
    """Find captions that fit a photo of the library; everyday descriptions if it has no captions."""

    image_id: ImageId


class ExplainRequest(Body):
    """Show where in a photo of the library a text matches."""

    query: Words
    image_id: ImageId


class SessionStart(Body):
    """The API key, exchanged for a cookie."""

    key: str = Field(min_length=1, max_length=1000)


class Failure(BaseModel):
    """An error."""

    code: str = Field(description="error code, listed in the reference")
    message: str = Field(description="what was expected and what was received")
    hint: str = Field(description="what to do next")


class FailureAnswer(BaseModel):
    """The answer of every call that fails."""

    error: Failure


class ImageResult(BaseModel):
    """One photo found."""

    rank: int = Field(description="position in the answer, 1 = first")
    image_id: str
    image_path: str = Field(description="path relative to the library")
    score: float = Field(description="cosine in [-1, 1]")
    probability: float | None = Field(description="probability that it fits; null where results have no grades")
    grade: Grade | None = Field(
        default=None, description="how sure it is that it fits, by the query and the photo alone; null for not at all"
    )
    relevant: bool | None = Field(description="whether it has a grade; null where results have none")
    width: int | None = Field(default=None, description="pixels, upright")
    height: int | None = None
    taken_at: str | None = Field(default=None, description="the camera's wall clock")
    date_source: DateSource | None = Field(default=None, description=DATE_SOURCE)
    is_favourite: bool = Field(default=False, description="marked as a favourite")
    rating: int | None = Field(default=None, description="stars, 1 to 5; null without a rating")
    tags: list[str] = []
    duration_s: float | None = Field(default=None, description=DURATION)
    at_s: float | None = Field(
        default=None, description="when the video is most like the query, in seconds from its start; null for a photo"
    )
    missing: bool = Field(default=False, description="the photo's file is gone")
    found_by: list[str] = Field(
        default=[],
        description="'meaning' if it has a grade, and what holds all words of the query, or what a field or a phrase "
        "without words found it by: name, folder, caption, tag, album, title, description, keyword, person, place, "
        "text (in the picture); 'feedback' if it was called good for it",
    )
    num_alike: int = Field(default=0, description="near copies that it stands for, with 'group'")
    alike: list[str] = Field(default=[], description="their ids, at most a hundred")
    alike_kinds: list[str] = Field(
        default=[], description="what each is: near (a near copy); or in one stack: raw, live, edited or burst"
    )
    is_match: bool | None = Field(
        default=None,
        description="whether it has a grade, or what min_grade and min_probability ask for; null without grades",
    )
    shown: bool = Field(
        default=True, description="it matches, or nothing in the library does and it is among the closest"
    )


class CaptionResult(ImageResult):
    """One caption found, and its photo; a description of the built-in list has none."""

    image_id: str | None  # type: ignore[assignment]
    image_path: str | None = Field(description="path relative to the library")  # type: ignore[assignment]
    caption: str


class QueryPart(BaseModel):
    """One part of a query as it was understood."""

    kind: Literal["words", "photo", "condition", "without"]
    text: str = Field(description="what it says")
    weight: float | None = Field(default=None, description="of words and photos in a sum; below 0 for less of it")
    alternative: int | None = Field(default=None, description="which alternative it belongs to; null without OR")
    query_without: str | None = Field(
        default=None, description="the query of a text search without this condition or exclusion, where it can be told"
    )


class Answered(BaseModel):
    """Fields of every search answer."""

    query: str
    understood: str = Field(description="the query as it was understood")
    parts: list[QueryPart] = Field(default=[], description="the same, part by part")
    notes: list[str] = Field(default=[], description="what to know about how it was read, such as an unknown field")
    read_as: str | None = Field(
        default=None, description="the query as it was understood, emoji as words; null if it is nothing but words"
    )
    unknown_words: list[str] = Field(default=[], description="words that neither the model nor the library knows")
    did_you_mean: str | None = Field(default=None, description="the query with the most probable corrections")
    no_word_known: bool = Field(default=False, description="no word of the query says anything to the model")
    num_results: int
    num_matches: int | None = Field(description="number of candidates that match; null where results have no grades")
    grades: dict[Grade, int] | None = Field(
        default=None, description="how many of all candidates have each grade; null where results have none"
    )
    ungraded: str | None = Field(
        default=None, description="why results have no grades, in a few words; null if they have"
    )
    num_candidates: int = Field(description="photos or captions that pass the filters")
    num_undated: int | None = Field(default=None, description=UNDATED)
    num_file_dated: int | None = Field(default=None, description=FILE_DATED)
    num_entries: int = Field(description="results on all pages together: fewer than candidates where 'group' is on")
    space: Space = Field(description="what the scores compare: features of photos, or embeddings shared with texts")
    offset: int
    model: str = Field(description="fingerprint of the model")
    took_ms: float
    missing_folders: list[str] = Field(
        default=[], description="names of photo folders that are missing or empty, as where a disk is not mounted"
    )


class EffectAnswer(BaseModel):
    """A filter, a field, a phrase, or something left out."""

    text: str
    num_photos: int = Field(description="how many pass it, whatever else is asked; or how many it leaves out")
    alternative: int | None = Field(description="which alternative it belongs to; null for all")


class ContributionAnswer(BaseModel):
    """A term of the query, or what it leaves out, and a result."""

    text: str
    weight: float
    cosine: float = Field(description="of the term alone and the photo")
    contribution: float = Field(description="to the score, which is the sum of them")


class HitReasonsAnswer(BaseModel):
    """Why a result is where it is."""

    image_id: str
    score: float | None = Field(description="cosine of the alternative that it fits best; null where none is compared")
    contributions: list[ContributionAnswer]
    alternative: int | None
    meaning_rank: int | None = Field(description="rank by meaning, if it is among the first thousand")
    text_rank: int | None = Field(description="rank by what is written about it; null if no word is")
    grade_reason: str = Field(description="what its grade means, in a sentence")


class ExplanationAnswer(BaseModel):
    """Why an answer is what it is."""

    conditions: list[EffectAnswer]
    without: list[EffectAnswer]
    hits: list[HitReasonsAnswer] = Field(description="one for each result, in their order")


class SearchAnswer(Answered):
    """Photos, best first."""

    results: list[ImageResult]
    explanation: ExplanationAnswer | None = Field(default=None, description="why; null unless it was asked for")
    query_read: str | None = Field(
        default=None, description="the part that the model reads, if the query is too long for it"
    )


class CaptionAnswer(Answered):
    """Captions, best first."""

    results: list[CaptionResult]
    source: Source = Field(
        default="library", description="'built-in' for descriptions of a list that comes with the program"
    )
    language: Language | None = Field(default=None, description="of built-in descriptions")


class BatchAnswer(BaseModel):
    """One answer per query, in the same order."""

    num_queries: int
    answers: list[SearchAnswer]


class ExplainAnswer(BaseModel):
    """Where in a photo a text matches, and how well the photo fits."""

    query: str
    understood: str = Field(description="the query as it was understood")
    image_id: str
    model: str = Field(description="fingerprint of the model")
    score: float = Field(description="cosine in [-1, 1], as in a search")
    probability: float | None = Field(description="probability that it fits; null where results have no grades")
    grade: Grade | None = Field(description="how sure it is that it fits, as in a search; null for not at all")
    map_kind: MapKind = Field(
        description="'grid': from the model's own cells; 'occlusion': by the drop of the score when a cell is covered"
    )
    how: str = Field(description="how the map was made, as a sentence")
    map: list[list[float]] = Field(
        description="rows from the top, each from the left, in [0, 1]: 1 is where the photo matches best, not how well"
    )
    seen_box: list[float] = Field(
        min_length=4,
        max_length=4,
        description="what the map covers: left, top, right and bottom as fractions of the photo's width and height",
    )
    peak: list[float] = Field(
        min_length=2, max_length=2, description="where it matches best, from left and top, as fractions"
    )


class Health(BaseModel):
    """Whether the server can answer."""

    status: Literal["healthy", "degraded", "starting", "failed", "stopping"]
    model_loaded: bool
    num_images: int
    missing: Literal["collection", "photos", "vectors", "catalog"] | None = Field(
        default=None,
        description="what is not at its place: the collection, a folder with photos, or the server that keeps the "
        "vectors; used again once it is back",
    )


class Architecture(BaseModel):
    """Vector dimensions of the model."""

    image_input_dim: int
    text_input_dim: int
    shared_dim: int


class Stats(BaseModel):
    """Counts of the library and its model."""

    num_images: int
    num_captions: int
    num_skipped: int
    embedding_dim: int
    model: str
    model_fingerprint: str
    model_architecture: Architecture
    languages: list[str] = Field(default=[], description="codes of the languages that queries may be in; may be empty")
    generation: int
    uptime_s: float
    version: str


class Tower(BaseModel):
    """One of the model's two towers."""

    architecture: str
    input_dim: int
    quantization: str


class ModelCard(BaseModel):
    """The model that the library is indexed with."""

    name: str
    fingerprint: str
    description: str
    created: str
    license: str
    embedding_dim: int
    image: Tower
    text: Tower
    max_tokens: int | None
    languages: list[str] = Field(
        default=[], description="codes of the languages that queries may be in; empty if the model does not state them"
    )
    knows_words: bool = Field(default=False, description="whether it can tell unknown words")
    is_calibrated: bool
    figures: dict[str, Any]


class FilterCard(BaseModel):
    """A filter that searches accept."""

    name: str = Field(description="the field's name")
    kind: Literal["text", "date", "folder", "camera", "choice", "flag"] = Field(description="kind of value")
    label: str
    help: str
    example: str
    choices: list[str] = Field(description="allowed values; empty if any is allowed")
    has_input: bool = Field(description="whether a form should show an input for it; searches take it all the same")


class FiltersAnswer(BaseModel):
    """All filters, in display order."""

    filters: list[FilterCard]


class Count(BaseModel):
    """A value and the number of photos that have it."""

    name: str
    images: int


class Changes(BaseModel):
    """What has changed in the photo folders since the last index run, at least."""

    new: int
    changed: int
    gone: int
    is_complete: bool = Field(description="whether there was time to look at all folders")


class LibraryCard(BaseModel):
    """Contents of the library."""

    num_images: int
    num_captions: int
    num_skipped: int
    generation: int = Field(description="increases with every change")
    is_complete: bool = Field(description="false until an index run has finished")
    first_taken: str | None
    last_taken: str | None
    num_located: int
    num_undated: int = Field(description="photos without a date")
    num_file_dated: int = Field(description="photos that have only the date of their file")
    cameras: list[Count]
    folders: list[Count] = Field(description="subfolders that directly contain photos")
    since_index: Changes | None = Field(
        default=None, description="what has changed in the photo folders, at least; null if that takes long to know"
    )


class PhotoAnswer(BaseModel):
    """A photo's metadata."""

    image_id: str
    image_path: str
    size_bytes: int
    modified_at: float = Field(description="seconds since 1970")
    width: int | None
    height: int | None
    taken_at: str | None = Field(description="the camera's wall clock")
    date_source: DateSource | None = Field(description=DATE_SOURCE)
    utc_offset_minutes: int | None
    camera: str | None
    lens: str | None = None
    latitude: float | None
    longitude: float | None
    captions: list[str]
    text: str | None = Field(
        default=None,
        description="what is written in the picture, one line a piece, if it was read (twinlens read-text)",
    )
    title: str | None = Field(default=None, description="from its file, or a file beside it")
    description: str | None = None
    keywords: list[str] = Field(default=[], description="the parts of one have '|' between them, as in animals|dog")
    people: list[str] = []
    place: str | None = Field(default=None, description="country, region and town by its position, '|' between them")
    is_favourite: bool
    duration_s: float | None = Field(description=DURATION)
    rating: int | None = Field(
        description="stars, 1 to 5: those given here, else those of its file, where 0 is none, -1 a rejected photo"
    )
    tags: list[str]
    albums: list[str] = Field(description="into which people have put it; not those whose search finds it")
    missing: bool = Field(default=False, description="its file is gone")


class SuggestedTag(BaseModel):
    """A tag that fits a photo."""

    tag: str
    grade: Grade
    probability: float = Field(description="in [0, 1]; what the grade is made of")


class PhotoTags(BaseModel):
    """The tags of a photo, and those that are suggested."""

    image_id: str
    tags: list[str] = Field(description="that it has")
    suggested: list[SuggestedTag] = Field(description="that it does not have, the best first")
    language: Language = Field(description="of those that are suggested")


class KeptFolder(BaseModel):
    """A folder whose photos are missing, but stay in the library: perhaps its disk is not mounted."""

    path: str
    photos: int
    reason: str


class IndexAnswer(BaseModel):
    """Progress of indexing."""

    stage: Literal["never", "running", "done", "failed", "stopped"]
    found: int | None
    to_read: int | None
    done: int
    skipped: int
    started_at: float | None
    updated_at: float | None
    counts: dict[str, int]
    message: str | None
    kept_folders: list[KeptFolder] = []


class SessionAnswer(BaseModel):
    """Whether a key is required, whether the client is signed in, and the server's limits."""

    key_needed: bool
    is_valid: bool
    max_top_k: int = Field(description="maximum number of results per answer")
    key_name: str | None = Field(description="name of the client's key")
    scopes: list[KeyScope] = Field(description="what the client may do")
    favourites: Literal["shared", "own"] = Field(default="shared", description="own: nobody else sees what is marked")
    signed_in: bool = Field(description="by a cookie; DELETE /api/session ends that")
    read_only: bool = Field(default=False, description="the library lies in a place that cannot be written")
    is_one_of_several: bool = Field(default=False, description="the server has a list of libraries, one level up")
