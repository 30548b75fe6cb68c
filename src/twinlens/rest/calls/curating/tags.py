"""Calls for tags: list them, give them to photos, take them away, rename one."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, Field

from twinlens.errors import QueryError, without_commands
from twinlens.rest.calls.curating.common import Name, Photos, writable
from twinlens.rest.calls.finding.searching import Ready
from twinlens.rest.calls.schemas.values import Body
from twinlens.rest.engine.engine import Engine
from twinlens.rest.failures import RequestFailure

router = APIRouter(prefix="/api/tags", tags=["tags"])
MOST_AT_ONCE = 20


class Tagging(Photos):
    """Photos to tag, or to take tags from."""

    tags: Annotated[list[Name], Field(min_length=1, max_length=MOST_AT_ONCE)]
    is_tagged: bool = Field(default=True, strict=True, description="false takes the tags away")


class TagRenaming(Body):
    """A tag that is to be written in another way on all photos."""

    tag: Name
    name: Name
    merge: bool = Field(
        default=False, strict=True, description="if there is a tag of that name already, make the two one for good"
    )


class TagChange(BaseModel):
    """What a change has done."""

    changed: int = Field(description="photos whose tags have changed")
    tags: list[str] = Field(description="the tags as they are written in this library, in whatever case they were sent")


class TagCount(BaseModel):
    """A tag."""

    tag: str
    photos: int = Field(description="that have it")


class TagsAnswer(BaseModel):
    """All tags of the library, by name."""

    num_tags: int
    tags: list[TagCount]


@router.get("")
async def tags(engine: Ready) -> TagsAnswer:
    """All tags; a search with ``tag`` considers only photos with that one."""
    found = await engine.run("search", engine.collection.tags.all)
    return TagsAnswer(num_tags=len(found), tags=[TagCount(tag=tag, photos=photos) for tag, photos in found])


@router.post("")
async def tag_photos(body: Tagging, engine: Ready) -> TagChange:
    """Gives tags to photos, or takes them away, all or none; their case does not matter. The files are not changed."""
    return await engine.run("write", _tag, engine, body)


@router.post("/rename")
async def rename_tag(body: TagRenaming, engine: Ready) -> TagChange:
    """Writes a tag in another way on all photos that have it."""
    return await engine.run("write", _rename, engine, body)


def _tag(engine: Engine, body: Tagging) -> TagChange:
    tags = writable(engine, "tag photos").tags
    if body.is_tagged:
        changed = tags.add(body.tags, body.image_ids)
        return TagChange(changed=changed, tags=[tags.spelled(tag) for tag in body.tags])
    spelled = [tags.spelled(tag) for tag in body.tags]  # the last photo takes the spelling with it
    return TagChange(changed=tags.remove(spelled, body.image_ids), tags=spelled)


def _rename(engine: Engine, body: TagRenaming) -> TagChange:
    tags = writable(engine, "tag photos").tags
    try:
        changed = tags.rename(body.tag, body.name, merge=body.merge)
    except QueryError as error:
        hint = "GET /api/tags lists the tags; merge makes two one for good"
        raise RequestFailure("invalid_query", without_commands(str(error)), hint) from error
    return TagChange(changed=changed, tags=[tags.spelled(body.name)])
