"""Calls for favourites: which photos are marked; mark some, or take their marks away."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, Field

from twinlens.errors import QueryError
from twinlens.rest.calls.schemas import Body, ImageId
from twinlens.rest.calls.searching import Ready
from twinlens.rest.engine.engine import Engine
from twinlens.rest.failures import RequestFailure

router = APIRouter(prefix="/api/favourites", tags=["favourites"])
MOST_MARKED = 10_000


class Marks(Body):
    """Photos and the mark that they get."""

    image_ids: Annotated[list[ImageId], Field(min_length=1, max_length=MOST_MARKED)]
    is_favourite: bool = Field(default=True, strict=True, description="false takes the mark away")


class MarksAnswer(BaseModel):
    """How many marks there are now."""

    changed: int = Field(description="photos whose mark is another now")
    num_favourites: int


class FavouritesAnswer(BaseModel):
    """The marked photos."""

    num_favourites: int
    image_ids: list[str]


@router.get("")
async def favourites(engine: Ready) -> FavouritesAnswer:
    """Ids of the marked photos; ``favourites`` of a search finds among them only."""
    ids = await engine.run("search", engine.collection.favourites)
    return FavouritesAnswer(num_favourites=len(ids), image_ids=ids)


@router.post("")
async def mark(body: Marks, engine: Ready) -> MarksAnswer:
    """Marks photos, or takes their marks away, all or none. The photos' files stay as they are."""
    return await engine.run("write", _mark, engine, body)


def _mark(engine: Engine, body: Marks) -> MarksAnswer:
    collection = engine.collection
    if collection.catalog.read_only:
        raise RequestFailure("read_only", "the library lies where nothing can be written", "move it, or leave marks be")
    try:
        changed = collection.mark_favourites(body.image_ids, is_favourite=body.is_favourite)
    except QueryError as error:
        raise RequestFailure("unknown_image", str(error), "use image_ids of a search's results") from error
    return MarksAnswer(changed=changed, num_favourites=len(collection.favourites()))
