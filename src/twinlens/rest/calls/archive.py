"""Calls for downloads: photos as a zip, their metadata as CSV, a gallery in one HTML file."""

import logging
from collections.abc import Iterator, Sequence
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import Field
from starlette.responses import Response, StreamingResponse

from twinlens.api.library import GalleryPhoto, gallery_page, photo_file
from twinlens.errors import PhotoError, PhotosMissingError
from twinlens.rest.calls.finding.searching import Ready
from twinlens.rest.calls.schemas.values import Body, ImageId
from twinlens.rest.engine.engine import Engine
from twinlens.rest.gate.limits.costs import Charged, cost_of_search

logger = logging.getLogger(__name__)
router = APIRouter(prefix="/api/archive", tags=["photos"])
MOST_TAKEN = 10_000
MOST_IN_GALLERY = 1000  # pictures of some 40 KB, which are in the file itself
GALLERY_PX = 512
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


_HTML: dict[int | str, dict[str, Any]] = {
    200: {
        "content": {"text/html": {"schema": {"type": "string"}}},
        "description": "a page that needs no other file; photos that could not be read are listed at its end",
        "headers": {LEFT_OUT: _LEFT_OUT},
    }
}


class ArchiveRequest(Body):
    """Photos to download."""

    image_ids: Annotated[list[ImageId], Field(min_length=1, max_length=MOST_TAKEN)]


class GalleryRequest(Body):
    """Photos of a gallery."""

    image_ids: Annotated[list[ImageId], Field(min_length=1, max_length=MOST_IN_GALLERY)]
    heading: str = Field(default="", max_length=200, description="of the page", examples=["A week in Italy"])


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


@router.post("/gallery", response_class=StreamingResponse, responses=_HTML)
async def gallery(body: GalleryRequest, engine: Ready, charge: Charged) -> Response:
    """One HTML file with small pictures of photos, captions and dates; unknown and gone ones are left out.

    Those that could not be read are listed at its end.
    """
    await charge(cost_of_search(len(body.image_ids)))
    left_out = await engine.run("search", engine.collection.count_missing, body.image_ids)
    failed: list[str] = []
    pieces = gallery_page(body.heading, _gallery_photos(engine, body.image_ids, failed), left_out=failed)
    return StreamingResponse(pieces, media_type="text/html", headers=_headers("photos.html", left_out))


def _gallery_photos(engine: Engine, image_ids: Sequence[str], failed: list[str]) -> Iterator[GalleryPhoto]:
    collection = engine.collection
    for image_id in dict.fromkeys(image_ids):
        card = collection.photo(image_id)
        if card is None:
            continue
        name = card.id.rpartition("/")[2]
        try:
            jpeg, _ = engine.thumbnails.thumbnail(photo_file(card), side=GALLERY_PX)
        except (PhotoError, PhotosMissingError, OSError) as error:
            logger.warning("%s is not in the gallery: %s", image_id, error)
            failed.append(f"{name}: {_why(error)}")
            continue
        captions = collection.captions_of(image_id)
        yield GalleryPhoto(name, jpeg, captions[0] if captions else None, card.taken_at)


def _why(error: Exception) -> str:
    """Why a photo is not in a gallery, which is given away: without the name of a server or a folder."""
    return str(error) if isinstance(error, PhotoError) else "its disk or server is away"


def _headers(name: str, left_out: int) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="{name}"', LEFT_OUT: str(left_out)}
