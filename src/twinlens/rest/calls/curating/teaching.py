"""Calls that teach: feedback on queries, words of one's own, and lessons."""

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import BaseModel, Field

from twinlens.api.photos.teaching import LessonReport, Said
from twinlens.api.searching import Query, words_query
from twinlens.errors import NothingToLearnError, QueryError, UnknownPhotoError, without_commands
from twinlens.rest.calls.finding.searching import Ready, terms_of
from twinlens.rest.calls.results import library_photo
from twinlens.rest.calls.schemas.values import Body, ImageId, Words
from twinlens.rest.engine.engine import Engine
from twinlens.rest.failures import RequestFailure

router = APIRouter(prefix="/api", tags=["teaching"])
MOST_NAMED = 1000
Ids = Annotated[list[ImageId], Field(max_length=MOST_NAMED)]
Word = Annotated[str, Field(min_length=1, max_length=1000, pattern=r"\w", examples=["Rex"])]


class Feedback(Body):
    """Which photos fit a query, or look like a photo of the library, and which do not."""

    query: Words | None = None
    image_id: ImageId | None = Field(default=None, description="the query, if it is a photo of the library")
    good: Ids = Field(default=[])
    bad: Ids = Field(default=[])
    forget: bool = Field(
        default=False, strict=True, description="forget what was said of these photos; of all if none is named"
    )


class Opinions(BaseModel):
    """What was said of photos for a query, or for a word."""

    kind: str = Field(description="'query' or 'word'")
    subject: str = Field(description="the query in a normal form, or the word")
    good: list[str]
    bad: list[str]
    given_at: str = Field(description="time of the last opinion, in UTC")


class FeedbackAnswer(BaseModel):
    """How many opinions have changed."""

    changed: int


class FeedbackList(BaseModel):
    """All opinions on photos that are here."""

    feedback: list[Opinions]
    has_lesson: bool = Field(description="whether there is a lesson that can be undone")


class Teach(Body):
    """A word and photos that show it; without a word, a lesson from all captions and feedback."""

    word: Word | None = None
    image_ids: Ids | None = Field(
        default=None, description="about five photos; null for those whose name or caption has the word"
    )
    not_image_ids: Ids = Field(default=[], description="photos that look like it, but are not")
    undo: bool = Field(default=False, strict=True, description="forget the word; without one, undo the last lesson")


class TeachAnswer(BaseModel):
    """What has been learnt."""

    word: Opinions | None = None
    lesson: dict[str, Any] | None = Field(
        default=None, description="whether it is kept, and what it was worth on photos that were held out"
    )
    told: str | None = Field(default=None, description="the lesson's result in a sentence")
    undone: bool | None = None


@router.get("/feedback")
async def feedback_given(engine: Ready) -> FeedbackList:
    """What was said of photos, by query and by word."""
    teaching = engine.collection.teaching
    said = await engine.run("search", teaching.said)
    has_lesson = await engine.run("search", teaching.has_lesson)
    return FeedbackList(feedback=[_opinions(one) for one in said], has_lesson=has_lesson)


@router.post("/feedback")
async def feedback(body: Feedback, engine: Ready) -> FeedbackAnswer:
    """Says which photos fit a query and which do not, all or none; the next search is refined by it."""
    if (body.query is None) == (body.image_id is None):
        raise RequestFailure("invalid_request", "exactly one of query and image_id is expected")
    if body.query is not None:
        terms_of(engine, [body.query])
        query = words_query(body.query)
    else:
        query = await library_photo(engine, body.image_id or "")
    return FeedbackAnswer(changed=await engine.run("write", _written, engine, lambda: _change(engine, query, body)))


@router.post("/teach")
async def teach(body: Teach, engine: Ready) -> TeachAnswer:
    """Teaches a word from photos, or learns from all captions and feedback; nothing is kept that is not better."""
    teaching = engine.collection.teaching
    if body.undo:
        undone: bool = await engine.run("write", _written, engine, lambda: _undo(engine, body.word))
        return TeachAnswer(undone=undone)
    if body.word is None:
        report: LessonReport = await engine.run("explain", _written, engine, teaching.teach)
        return TeachAnswer(lesson=report.to_json(), told=report.told())
    word, photos = body.word, body.image_ids
    said: Said = await engine.run(
        "write", _written, engine, lambda: teaching.teach_word(word, photos, bad=body.not_image_ids)
    )
    return TeachAnswer(word=_opinions(said))


def _change(engine: Engine, query: Query, body: Feedback) -> int:
    teaching = engine.collection.teaching
    if body.forget:
        return teaching.forget_feedback(query, [*body.good, *body.bad] or None)
    return teaching.feedback(query, good=body.good, bad=body.bad)


def _undo(engine: Engine, word: str | None) -> bool:
    teaching = engine.collection.teaching
    return teaching.undo() if word is None else bool(teaching.forget_word(word))


def _written(engine: Engine, change: Callable[[], Any]) -> Any:
    engine.check_present()
    if engine.collection.catalog.read_only:
        raise RequestFailure("read_only", "the library is in a place that cannot be written", "move it to teach it")
    try:
        return change()
    except UnknownPhotoError as error:
        raise RequestFailure("unknown_image", str(error), "use image_ids from search results") from error
    except QueryError as error:
        raise RequestFailure("invalid_request", str(error)) from error
    except NothingToLearnError as error:
        raise RequestFailure(
            "invalid_request", without_commands(str(error)), "add captions or feedback, or teach a word"
        ) from error


def _opinions(said: Said) -> Opinions:
    return Opinions(**said.to_json())
