"""Calls for ratings: count them, rate photos, take ratings away."""

from fastapi import APIRouter
from pydantic import BaseModel, Field

from twinlens.rest.calls.curating.common import Photos, writable
from twinlens.rest.calls.finding.searching import Ready
from twinlens.rest.calls.schemas.values import Whole
from twinlens.rest.engine.engine import Engine

router = APIRouter(prefix="/api/ratings", tags=["ratings"])


class Rating(Photos):
    """Photos to rate."""

    stars: Whole = Field(ge=0, le=5, description="1 to 5; 0 takes the rating away")


class RatingChange(BaseModel):
    """What a change has done."""

    changed: int = Field(description="photos whose rating has changed")


class StarCount(BaseModel):
    """How many photos have a number of stars."""

    stars: int
    photos: int


class RatingsAnswer(BaseModel):
    """How many photos are rated."""

    num_rated: int
    ratings: list[StarCount] = Field(description="most stars first")


@router.get("")
async def ratings(engine: Ready) -> RatingsAnswer:
    """How many photos have each number of stars; a search with ``rating`` considers only those that it asks for."""
    found = await engine.run("search", engine.collection.ratings.all)
    counts = [StarCount(stars=stars, photos=photos) for stars, photos in found.items()]
    return RatingsAnswer(num_rated=sum(found.values()), ratings=counts)


@router.post("")
async def rate(body: Rating, engine: Ready) -> RatingChange:
    """Gives photos stars, or takes their rating away, all or none. The photo files are not changed."""
    return await engine.run("write", _rate, engine, body)


def _rate(engine: Engine, body: Rating) -> RatingChange:
    return RatingChange(changed=writable(engine, "rate photos").ratings.rate(body.stars, body.image_ids))
