"""Calls for downloads: photos as a zip, their metadata as CSV."""

from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import Field
from starlette.responses import Response, StreamingResponse

from twinlens.rest.calls.schemas import Body, ImageId
from twinlens.rest.calls.searching import Ready
from twinlens.rest.gate.costs import Charged, cost_of_search

router = APIRouter(prefix="/api/archive", tags=["photos"])
MOST_TAKEN = 10_000
LEFT_OUT = "X-Left-Out"
_LEFT_OUT = {
    "schema": {"type": "integer"},
    "description": "number of photos that are not in it: unknown ids, and photos whose files are gone",
}
_ZIP: dict[int | str, dict[str, Any]] = {
    200: {
        "content": {"application/zip": {"schema": {"type": "string", "format": "binary"}}},
        "description": "a zip; files that could not be read are listed in it, in 'left out.txt'",
        "headers": {LEFT_OUT: _LEFT_OUT},
    }
}
_CSV: dict[int | str, dict[str, Any]] = {
    200: {
        "content": {"text/csv": {"schema": {"type": "string"}}},
        "description": "one line per photo",
        "headers": {LEFT_OUT: _LEFT_OUT},
    }
}


class ArchiveRequest(Body):
    """Photos to download."""

    image_ids: Annotated[list[ImageId], Field(min_length=1, max_length=MOST_TAKEN)]


@router.post("", response_class=StreamingResponse, responses=_ZIP)
async def archive(body: ArchiveRequest, engine: Ready, charge: Charged) -> Response:
    """A zip of photo files in their library folders; streamed while it is written."""
    await charge(cost_of_search(len(body.image_ids)))
    left_out = await engine.run("search", engine.collection.count_missing, body.image_ids)
    pieces = engine.collection.zip_photos(body.image_ids)
    return StreamingResponse(pieces, media_type="application/zip", headers=_headers("photos.zip", left_out))


@router.post("/list", response_class=Response, responses=_CSV)
async def photo_list(body: ArchiveRequest, engine: Ready, charge: Charged) -> Response:
    """Metadata of photos as CSV: date, camera, size, place and captions; unknown and gone ones are left out."""
    await charge(cost_of_search(len(body.image_ids)))
    left_out = await engine.run("search", engine.collection.count_missing, body.image_ids)
    text = await engine.run("search", engine.collection.list_photos, body.image_ids)
    return Response(text, media_type="text/csv", headers=_headers("photos.csv", left_out))


def _headers(name: str, left_out: int) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="{name}"', LEFT_OUT: str(left_out)}
