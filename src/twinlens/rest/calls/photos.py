"""Calls for a single photo: the file, a thumbnail, its metadata."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.convertors import PathConvertor, register_url_convertor
from starlette.responses import FileResponse, Response

from twinlens.api.library import THUMBNAIL_SIDES_PX, Collection, PhotoCard, PhotoFile, is_gone, photo_file
from twinlens.errors import PhotoError
from twinlens.rest.calls.schemas import PhotoAnswer
from twinlens.rest.calls.searching import Ready
from twinlens.rest.engine.engine import Engine
from twinlens.rest.failures import RequestFailure, library_missing, unknown_image
from twinlens.rest.gate.envelope import PHOTO_POLICY

router = APIRouter(prefix="/api", tags=["photos"])
SIDES = THUMBNAIL_SIDES_PX
KEPT = "private, max-age=60"  # scrolling back and forth loads nothing again; a changed photo appears within a minute
Side = Annotated[int, Query(ge=SIDES.start, lt=SIDES.stop, description="pixels of the longer side")]
_PICTURE: dict[int | str, dict[str, Any]] = {
    200: {"content": {"image/*": {"schema": {"type": "string", "format": "binary"}}}, "description": "the picture"},
    304: {"description": "not modified"},
}
_PHOTO: dict[int | str, dict[str, Any]] = {
    **_PICTURE,
    206: {"content": {"image/*": {"schema": {"type": "string", "format": "binary"}}}, "description": "a part of it"},
}


class _ImageId(PathConvertor):
    regex = "(?s:.*)"  # file names may contain line breaks


register_url_convertor("image_id", _ImageId())


class PhotoResponse(FileResponse):
    """A file response with ``Range``; an invalid range is ignored, as RFC 9110 requires."""

    @classmethod
    def _parse_range_header(cls, http_range: str, file_size: int) -> list[tuple[int, int]]:
        try:
            return super()._parse_range_header(http_range, file_size)
        except Exception as error:
            if (most := getattr(error, "max_size", None)) is None:
                return []
            headers = {"Content-Range": f"bytes */{most}"}
            raise RequestFailure(
                "range_not_satisfiable", f"the photo has {most:,} bytes", "request a range inside it", headers
            ) from error


@router.head("/image/{image_id:image_id}/thumbnail", include_in_schema=False)
@router.get("/image/{image_id:image_id}/thumbnail", response_class=Response, responses=_PICTURE)
async def thumbnail(image_id: str, request: Request, engine: Ready, size: Side = 256) -> Response:
    """A small upright JPEG of a photo, without its EXIF data."""
    file = await engine.run("search", _file_of, engine, image_id)
    headers = {"ETag": f'"{file.tag}-{size}"', "Cache-Control": KEPT, "Content-Security-Policy": PHOTO_POLICY}
    if _has(request, headers["ETag"]):
        return Response(status_code=304, headers=headers)
    data, kept = await engine.run("decode", lambda: engine.thumbnails.thumbnail(file, side=size))
    engine.metrics.cache.labels("thumbnails", "hit" if kept else "miss").inc()
    return Response(data, media_type="image/jpeg", headers=headers)


@router.head("/image/{image_id:image_id}", include_in_schema=False)
@router.get("/image/{image_id:image_id}", response_class=FileResponse, responses=_PHOTO)
async def image(
    image_id: str,
    request: Request,
    engine: Ready,
    download: Annotated[bool, Query(description="send it as a file to save")] = False,
) -> Response:
    """The original photo file, or a part of it (``Range``)."""
    file = await engine.run("search", _file_of, engine, image_id)
    headers = {"ETag": f'"{file.tag}"', "Cache-Control": KEPT, "Content-Security-Policy": PHOTO_POLICY}
    if _has(request, headers["ETag"]):
        return Response(status_code=304, headers=headers)
    return PhotoResponse(
        file.path,
        headers=headers,
        media_type=file.media_type,
        stat_result=file.stat,
        filename=image_id.rpartition("/")[2],
        content_disposition_type="attachment" if download else "inline",
    )


@router.get("/photo/{image_id:image_id}")
async def photo(image_id: str, engine: Ready) -> PhotoAnswer:
    """A photo's metadata: size, date, camera, place, captions."""
    return await engine.run("search", _photo_answer, engine.collection, image_id)


def _card_of(collection: Collection, image_id: str) -> PhotoCard:
    card = collection.photo(image_id)
    if card is None:
        raise unknown_image(image_id)
    return card


def _file_of(engine: Engine, image_id: str) -> PhotoFile:
    card = _card_of(engine.collection, image_id)
    try:
        return photo_file(card)
    except PhotoError:
        if not card.folder.is_dir():
            raise library_missing("the photo's folder") from None
        raise


def _photo_answer(collection: Collection, image_id: str) -> PhotoAnswer:
    card = _card_of(collection, image_id)
    return PhotoAnswer(
        image_id=card.id,
        image_path=card.id,
        size_bytes=card.size_bytes,
        modified_at=card.mtime_ns / 1e9,
        width=card.width,
        height=card.height,
        taken_at=card.taken_at,
        date_source=card.date_source,
        utc_offset_minutes=card.utc_offset_minutes,
        camera=card.camera,
        latitude=card.latitude,
        longitude=card.longitude,
        captions=collection.captions_of(image_id),
        is_favourite=card.is_favourite,
        missing=is_gone(card.path),
    )


def _has(request: Request, etag: str) -> bool:
    """True if the client's cached copy is current."""
    known = request.headers.get("if-none-match", "")
    return known.strip() == "*" or etag in [tag.strip().removeprefix("W/") for tag in known.split(",")]
