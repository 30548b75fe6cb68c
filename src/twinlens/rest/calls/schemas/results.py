"""What a search has found."""

from typing import Literal

from pydantic import BaseModel, Field

from twinlens.api.photos.describing import Language
from twinlens.api.searching import Source
from twinlens.rest.calls.schemas.explanations import ExplanationAnswer
from twinlens.rest.calls.schemas.values import (
    DATE_SOURCE,
    DURATION,
    FILE_DATED,
    LEFT_OUT,
    OWN_CAPTION,
    PLACE,
    UNDATED,
)
from twinlens.types import DateSource, Grade, Space


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
    caption: str | None = Field(default=None, description=OWN_CAPTION)
    place: str | None = Field(default=None, description=PLACE)
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
    caption: str = Field(description="that was found")


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
    num_left_out: int | None = Field(default=None, description=LEFT_OUT)
    num_entries: int = Field(description="results on all pages together: fewer than candidates where 'group' is on")
    space: Space = Field(description="what the scores compare: features of photos, or embeddings shared with texts")
    offset: int
    model: str = Field(description="fingerprint of the model")
    took_ms: float
    missing_folders: list[str] = Field(
        default=[], description="names of photo folders that are missing or empty, as where a disk is not mounted"
    )


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
