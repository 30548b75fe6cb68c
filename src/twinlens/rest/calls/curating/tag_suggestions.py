"""Tags suggested for many photos at once: from the built-in list or from labels, to look at or to give."""

from collections.abc import Iterator
from typing import Annotated, Self

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field, model_validator

from twinlens.api.library import Collection
from twinlens.api.photos.curating import MOST_CHARACTERS
from twinlens.api.photos.describing import Language, PhotoTags, accepted_language, tidy_label
from twinlens.rest.calls.curating.common import writable
from twinlens.rest.calls.finding.searching import Ready
from twinlens.rest.calls.schemas.photos import SuggestedTag
from twinlens.rest.calls.schemas.values import LANGUAGE, Body, ImageId
from twinlens.rest.engine.engine import Engine
from twinlens.rest.gate.callers import client_of
from twinlens.rest.gate.limits.costs import Charged, cost_of_labels, cost_of_search
from twinlens.types import Grade

router = APIRouter(prefix="/api/tags", tags=["tags"])
MOST_PHOTOS = 1000
MOST_LABELS = 1000  # each phrase is embedded, some ten milliseconds
MOST_PHRASES = 20
MOST_PHRASES_IN_ALL = 2000  # less than a minute's work
Text = Annotated[str, Field(min_length=1, max_length=MOST_CHARACTERS, pattern=r"\w")]


class LabelToChoose(Body):
    """A tag to choose from."""

    name: Text = Field(examples=["dog"])
    phrases: Annotated[list[Text], Field(max_length=MOST_PHRASES)] = Field(
        default=[], description="what is searched for it besides its name, such as synonyms and translations"
    )


class TagSuggesting(Body):
    """Photos for which tags are suggested."""

    image_ids: Annotated[list[ImageId], Field(min_length=1, max_length=MOST_PHOTOS)]
    labels: Annotated[list[LabelToChoose], Field(min_length=1, max_length=MOST_LABELS)] | None = Field(
        default=None,
        description=f"the tags to choose from, with no more than {MOST_PHRASES_IN_ALL:,} phrases in all; "
        "null for the built-in list",
    )
    min_grade: Grade = Field(default="strong", description="leave out suggestions with a lower grade")
    top_k: int = Field(default=10, ge=1, le=100, strict=True, description="most suggestions for a photo")
    language: Language | None = Field(default=None, description=LANGUAGE)
    accept: bool = Field(default=False, strict=True, description="give the photos what is suggested, all or none")

    @model_validator(mode="after")
    def _has_few_phrases(self) -> Self:
        if (count := self.phrases()) > MOST_PHRASES_IN_ALL:
            raise ValueError(f"labels may have {MOST_PHRASES_IN_ALL:,} phrases in all, got {count:,}")
        return self

    def phrases(self) -> int:
        """How many the labels have in all, besides their names."""
        return sum(len(label.phrases) for label in self.labels or ())


class SuggestedForPhoto(BaseModel):
    """What is suggested for a photo."""

    image_id: str
    suggested: list[SuggestedTag] = Field(description="that it does not have, the best first")


class TagSuggestionsAnswer(BaseModel):
    """What is suggested, and what was given."""

    results: list[SuggestedForPhoto] = Field(description="only photos with suggestions")
    changed: int = Field(description="photos that got tags; 0 if nothing was accepted")
    language: Language = Field(description="of the built-in list")


@router.post("/suggest")
async def suggest_tags(body: TagSuggesting, request: Request, engine: Ready, charge: Charged) -> TagSuggestionsAnswer:
    """Suggests tags for photos, or with ``accept`` gives them; the first call for a model takes half a minute."""
    await charge(cost_of_search(len(body.image_ids)) + cost_of_labels(len(body.labels or ()), body.phrases()))
    spoken = body.language or accepted_language(request.headers.get("accept-language", ""))
    return await engine.run_in_turn(client_of(request.scope), _suggest, engine, body, spoken)


def _suggest(engine: Engine, body: TagSuggesting, language: Language) -> TagSuggestionsAnswer:
    collection = writable(engine, "tag photos") if body.accept else engine.collection
    found = [photo for photo in _suggested(collection, body, language) if photo.tags]
    accepted = collection.accept_tags(found, min_grade=body.min_grade) if body.accept else None
    return TagSuggestionsAnswer(
        results=[SuggestedForPhoto(image_id=photo.id, suggested=_tags(photo)) for photo in found],
        changed=len(accepted.photos) if accepted else 0,
        language=language,
    )


def _suggested(collection: Collection, body: TagSuggesting, language: Language) -> Iterator[PhotoTags]:
    labels = None if body.labels is None else [tidy_label(one.name, one.phrases) for one in body.labels]
    return collection.suggest_tags(
        body.image_ids, labels=labels, min_grade=body.min_grade, k=body.top_k, language=language
    )


def _tags(photo: PhotoTags) -> list[SuggestedTag]:
    return [SuggestedTag(tag=one.tag, grade=one.grade, probability=one.probability) for one in photo.tags]
