"""Calls for favourites, one's own where the key says so: list the marked photos, mark photos, remove marks."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, Field

from twinlens.errors import QueryError
from twinlens.rest.calls.finding.searching import Ready
from twinlens.rest.calls.schemas.values import Body, ImageId
from twinlens.rest.engine.engine import Engine
from twinlens.rest.failures import RequestFailure, read_only

router = APIRouter(prefix="/api/favourites", tags=["favourites"])
MOST_MARKED = 10_000


class Marks(Body):
    """Photos to mark, or to remove the mark from."""

    image_ids: Annotated[list[ImageId], Field(min_length=1, max_length=MOST_MARKED)]
    is_favourite: bool = Field(default=True, strict=True, description="false removes the mark")


class MarksAnswer(BaseModel):
    """The number of marks after a change."""

    changed: int = Field(description="photos whose mark has changed")
    num_favourites: int


class FavouritesAnswer(BaseModel):
    """The marked photos."""

    num_favourites: int
    image_ids: list[str]


@router.get("")
async def favourites(engine: Ready) -> FavouritesAnswer:
    """Ids of the marked photos; a search with ``favourites`` considers only these.

    They are the caller's own where the key, or the group of the token, has ``favourites = "own"``.
    """
    ids = await engine.run("search", engine.collection.favourites)
    return FavouritesAnswer(num_favourites=len(ids), image_ids=ids)


@router.post("")
async def mark(body: Marks, engine: Ready) -> MarksAnswer:
    """Marks photos, or removes their marks, all or none; for the caller alone where the key has favourites of its own.

    The photo files are not changed.
    """
    return await engine.run("write", _mark, engine, body)


def _mark(engine: Engine, body: Marks) -> MarksAnswer:
    collection = engine.collection
    engine.check_present()
    if collection.catalog.read_only:
        raise read_only("mark favourites")
    try:
        changed = collection.mark_favourites(body.image_ids, is_favourite=body.is_favourite)
    except QueryError as error:
        raise RequestFailure("unknown_image", str(error), "use image_ids from search results") from error
    return MarksAnswer(changed=changed, num_favourites=len(collection.favourites()))
