"""Calls for a single photo: the file, a thumbnail, its metadata."""

from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Query, Request
from starlette.convertors import PathConvertor, register_url_convertor
from starlette.responses import FileResponse, Response, StreamingResponse

from twinlens.api.library import (
    THUMBNAIL_SIDES_PX,
    Collection,
    PhotoCard,
    PhotoFile,
    is_gone,
    own_caption,
    photo_file,
)
from twinlens.api.photos.describing import Language, accepted_language
from twinlens.errors import PhotoError
from twinlens.rest.calls.finding.searching import Ready
from twinlens.rest.calls.results import page_length
from twinlens.rest.calls.schemas.photos import PhotoAnswer, PhotoTags, SuggestedTag
from twinlens.rest.calls.schemas.values import LANGUAGE
from twinlens.rest.engine.engine import Engine
from twinlens.rest.failures import RequestFailure, library_missing, unknown_image
from twinlens.rest.gate.envelope import PHOTO_POLICY
from twinlens.types import Grade

router = APIRouter(prefix="/api", tags=["photos"])
SIDES = THUMBNAIL_SIDES_PX
KEPT = "private, max-age=60"  # scrolling back and forth loads nothing again; a changed photo appears within a minute
Side = Annotated[int, Query(ge=SIDES.start, lt=SIDES.stop, description="pixels of the longer side")]
At = Annotated[
    float | None,
    Query(ge=0, le=1e6, description="of a video, the time in seconds; without, a frame that stands for it"),
]
MostTags = Annotated[int, Query(ge=1, description="most suggestions")]
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
async def thumbnail(image_id: str, request: Request, engine: Ready, size: Side = 256, at: At = None) -> Response:
    """A small upright JPEG of a photo, or of a frame of a video, without EXIF data."""
    file = await engine.run("search", file_of, engine, image_id)
    return await small_picture(request, engine, file, size=size, at=at)


async def small_picture(request: Request, engine: Engine, file: PhotoFile, *, size: int, at: float | None) -> Response:
    """The answer with a small picture of a file."""
    at_ms = None if at is None or not file.is_video else round(at * 1000)
    moment = "" if at_ms is None else f"-{at_ms}"
    headers = {"ETag": f'"{file.tag}-{size}{moment}"', "Cache-Control": KEPT, "Content-Security-Policy": PHOTO_POLICY}
    if _has(request, headers["ETag"]):
        return Response(status_code=304, headers=headers)
    data, kept = await engine.run("decode", lambda: engine.thumbnails.thumbnail(file, side=size, at_ms=at_ms))
    engine.metrics.cache.labels("thumbnails", "hit" if kept else "miss").inc()
    return Response(data, media_type="image/jpeg", headers=headers)


@router.get("/image/{image_id:image_id}/tags")
async def suggested_tags(
    image_id: str,
    request: Request,
    engine: Ready,
    min_grade: Grade = "likely",
    top_k: MostTags = 10,
    language: Annotated[Language | None, Query(description=LANGUAGE)] = None,
) -> PhotoTags:
    """A photo's tags, and others of a built-in list that fit it; nothing is stored."""
    most = page_length(engine, top_k, usual=top_k)
    spoken = language or accepted_language(request.headers.get("accept-language", ""))
    # the first one for a model embeds the list, which takes half a minute: searches go on meanwhile
    return await engine.run("explain", _tags, engine.collection, image_id, min_grade, most, spoken)


@router.head("/image/{image_id:image_id}", include_in_schema=False)
@router.get("/image/{image_id:image_id}", response_class=FileResponse, responses=_PHOTO)
async def image(
    image_id: str,
    request: Request,
    engine: Ready,
    download: Annotated[bool, Query(description="send it as a file to save")] = False,
) -> Response:
    """The original photo file, or video, or a part of it (``Range``)."""
    file = await engine.run("search", file_of, engine, image_id)
    return await original(request, engine, file, name=image_id.rpartition("/")[2], download=download)


async def original(request: Request, engine: Engine, file: PhotoFile, *, name: str, download: bool) -> Response:
    """The answer with a file, or with a part of it; an object is sent as a whole, while it comes."""
    if file.is_remote:
        file = await engine.run("search", file.current)
    headers = {"ETag": f'"{file.tag}"', "Cache-Control": KEPT, "Content-Security-Policy": PHOTO_POLICY}
    if _has(request, headers["ETag"]):
        return Response(status_code=304, headers=headers)
    if file.is_remote or file.content is not None:  # the latter is inside an archive
        kind = "attachment" if download else "inline"
        headers["Content-Disposition"] = f"{kind}; filename*=UTF-8''{quote(name, safe='')}"
        if file.content is not None:
            return Response(file.content, headers=headers, media_type=file.media_type)
        headers["Content-Length"] = str(file.stat.st_size)
        if request.method == "HEAD":
            return Response(headers=headers, media_type=file.media_type)
        return StreamingResponse(file.pieces(), headers=headers, media_type=file.media_type)
    return PhotoResponse(
        file.path,
        headers=headers,
        media_type=file.media_type,
        stat_result=file.stat,
        filename=name,
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


def file_of(engine: Engine, image_id: str) -> PhotoFile:
    """The file of an indexed photo.

    Raises:
        RequestFailure: no indexed photo has this id, or its folder is missing.
        PhotoError: the file cannot be sent.
    """
    card = _card_of(engine.collection, image_id)
    try:
        return photo_file(card)
    except PhotoError:
        if not card.folder.is_dir():
            raise library_missing("the photo's folder") from None
        raise


def _photo_answer(collection: Collection, image_id: str) -> PhotoAnswer:
    card = _card_of(collection, image_id)
    captions = collection.captions_of(image_id)
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
        captions=captions,
        caption=own_caption(card.id, captions, card.told.description, card.told.title),
        text=card.text,
        **card.told._replace(rating=card.told.rating if card.rating is None else card.rating)._asdict(),
        is_favourite=card.is_favourite,
        duration_s=card.duration_ms / 1000 if card.duration_ms else None,
        tags=list(card.tags),
        albums=list(card.albums),
        missing=is_gone(card.path),
    )


def _tags(collection: Collection, image_id: str, min_grade: Grade, k: int, language: Language) -> PhotoTags:
    _card_of(collection, image_id)
    suggested = [
        SuggestedTag(tag=one.tag, grade=one.grade, probability=one.probability)
        for photo in collection.suggest_tags([image_id], min_grade=min_grade, k=k, language=language)
        for one in photo.tags
    ]
    return PhotoTags(image_id=image_id, tags=collection.tags.of(image_id), suggested=suggested, language=language)


def _has(request: Request, etag: str) -> bool:
    """True if the client's cached copy is current."""
    known = request.headers.get("if-none-match", "")
    return known.strip() == "*" or etag in [tag.strip().removeprefix("W/") for tag in known.split(",")]
