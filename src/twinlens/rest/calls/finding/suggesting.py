"""The call that suggests queries, while one is typed and before."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from twinlens.api.library import SuggestionKind
from twinlens.rest.calls.finding.searching import Ready

router = APIRouter(prefix="/api", tags=["search"])
MOST = 20
LONGEST = 200  # characters; nothing goes on with more


class SuggestedQuery(BaseModel):
    """A query that may be meant."""

    kind: SuggestionKind = Field(description="what it was taken from")
    text: str = Field(description="as people read it")
    query: str = Field(description="to search for")
    num_images: int | None = Field(description="photos of a person, place, folder or camera; null for others")


class SuggestAnswer(BaseModel):
    """Queries that may be meant."""

    suggestions: list[SuggestedQuery]


@router.get("/suggest")
async def suggest(
    engine: Ready,
    q: Annotated[
        str, Query(max_length=LONGEST, description="what is typed; without it examples that this library answers")
    ] = "",
    top_k: Annotated[int, Query(ge=1, le=MOST)] = 8,
) -> SuggestAnswer:
    """Queries that go on with what is typed: people, places, tags, albums, folders, cameras, captions and file names.

    The last word may be unfinished. The search is by letters, not by meaning, and takes a few milliseconds.
    """
    found = await engine.suggestions(q, k=top_k)
    return SuggestAnswer(
        suggestions=[
            SuggestedQuery(kind=one.kind, text=one.text, query=one.query, num_images=one.photos) for one in found
        ]
    )
