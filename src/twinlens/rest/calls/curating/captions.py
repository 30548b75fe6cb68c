"""Calls for captions that people write: give a photo one, change it, take it away."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, Field

from twinlens.rest.calls.curating.common import writable
from twinlens.rest.calls.finding.searching import Ready
from twinlens.rest.calls.schemas.values import OWN_CAPTION, Body, ImageId
from twinlens.rest.engine.engine import Engine

router = APIRouter(prefix="/api/captions", tags=["captions"])
CaptionText = Annotated[str, Field(min_length=1, max_length=10_000)]


class Captioning(Body):
    """A caption for a photo, or one to take away."""

    image_id: ImageId
    caption: CaptionText
    instead_of: CaptionText | None = Field(default=None, description="a caption of the photo that this one replaces")
    is_there: bool = Field(default=True, strict=True, description="false takes the caption away")


class CaptionsAnswer(BaseModel):
    """The captions of a photo after a change."""

    image_id: str
    captions: list[str] = Field(description="oldest first")
    caption: str | None = Field(description=OWN_CAPTION)


@router.post("")
async def caption_photo(body: Captioning, engine: Ready) -> CaptionsAnswer:
    """Gives a photo a caption, or takes one away. The photo file is not changed; searches find the new one at once."""
    return await engine.run("write", _caption, engine, body)


def _caption(engine: Engine, body: Captioning) -> CaptionsAnswer:
    captions = writable(engine, "change captions").captions
    if body.is_there:
        found = captions.add(body.image_id, body.caption, instead_of=body.instead_of)
    else:
        found = captions.remove(body.image_id, body.caption)
    listed = engine.collection.listed([body.image_id])
    return CaptionsAnswer(image_id=body.image_id, captions=found, caption=listed[0].own_caption if listed else None)
