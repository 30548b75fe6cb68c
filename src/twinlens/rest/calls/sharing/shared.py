"""Calls for those who have a share's link: what it shows, its pictures, and its files if these are shared."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, NoReturn

from fastapi import APIRouter, Path, Query, Request
from pydantic import BaseModel, Field
from starlette.responses import JSONResponse, Response

from twinlens.api.library import PhotoFile
from twinlens.api.photos.sharing import Share
from twinlens.errors import PhotoError, UnknownShareError
from twinlens.rest.calls.finding.searching import Ready
from twinlens.rest.calls.photos import At, Side, file_of, original, small_picture
from twinlens.rest.calls.schemas.values import DURATION, Body
from twinlens.rest.calls.sharing.shares import Number
from twinlens.rest.engine.engine import Engine
from twinlens.rest.failures import RequestFailure
from twinlens.rest.gate.callers import client_of
from twinlens.rest.gate.keys.keys import cookie_name, cookies_of, shown_key
from twinlens.rest.gate.keys.wrong_keys import CHALLENGE, WrongKeys

router = APIRouter(prefix="/api/shared", tags=["shared"])
MOST_LISTED = 1000
COOKIE_S = 30 * 24 * 3600
_LONGEST_KEY = 200
_COOKIE_END = "_share"
PhotoName = Annotated[str, Path(min_length=1, max_length=40, description="of a photo in this share")]


class ShareOpening(Body):
    """The key in a share's link."""

    key: str = Field(min_length=1, max_length=_LONGEST_KEY)


class SharedCard(BaseModel):
    """What is told of a share to those who have its link."""

    number: int
    heading: str
    num_photos: int
    num_entries: int = Field(description="without the photos that stand behind another")
    originals: bool = Field(description="whether the files may be downloaded")
    expires_at: str | None = Field(description="in UTC; null for never")


class SharedPhotoCard(BaseModel):
    """A photo of a share: nothing of its path, its place or the library."""

    photo: str = Field(description="its name in this share")
    width: int | None = Field(description="pixels, upright")
    height: int | None
    taken_on: str | None = Field(description="the day")
    duration_s: float | None = Field(description=DURATION)
    behind: str | None = Field(description="the photo before it that it is a near copy of, or of the same shot")
    num_alike: int = Field(description="how many stand behind it; they follow it in the list")


class SharedPhotos(BaseModel):
    """A page of a share."""

    num_photos: int
    offset: int
    photos: list[SharedPhotoCard]


@router.post("", response_model=SharedCard)
async def open_share(body: ShareOpening, request: Request, engine: Ready) -> Response:
    """Opens a share by the key in its link, which becomes a cookie for this share's calls alone."""
    share = await _share_of(body.key, request, engine)
    _, count = await engine.run("search", lambda: engine.collection.shares.photos(share, k=1))
    num_entries = await engine.run("search", engine.collection.shares.num_entries, share)
    await engine.run("write", engine.collection.shares.note_opened, share)
    card = SharedCard(
        number=share.number,
        heading=share.heading,
        num_photos=count,
        num_entries=num_entries,
        originals=share.with_originals,
        expires_at=share.expires_at,
    )
    response = JSONResponse(card.model_dump())
    response.set_cookie(
        _cookie(request),
        body.key,
        max_age=COOKIE_S,
        path=f"{request.scope.get('root_path', '').rstrip('/')}/api/shared/{share.number}",
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
    )
    return response


@router.get("/{number}/photos")
async def shared_photos(
    number: Number,
    request: Request,
    engine: Ready,
    top_k: Annotated[int, Query(ge=1, le=MOST_LISTED)] = 200,
    offset: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
) -> SharedPhotos:
    """The photos of a share, with its key in the cookie or a header, as all calls below."""
    share = await _share_of_call(number, request, engine)
    found = await engine.run("search", lambda: engine.collection.shares.photos(share, k=top_k, offset=offset))
    cards = [
        SharedPhotoCard(
            photo=one.name,
            width=one.width,
            height=one.height,
            taken_on=one.taken_on,
            duration_s=one.duration_s,
            behind=one.behind,
            num_alike=one.num_alike,
        )
        for one in found[0]
    ]
    return SharedPhotos(num_photos=found[1], offset=offset, photos=cards)


@router.get("/{number}/photos/{photo}/picture", response_class=Response)
async def shared_picture(
    number: Number, photo: PhotoName, request: Request, engine: Ready, size: Side = 256, at: At = None
) -> Response:
    """A picture of a photo of the share, at most of a screen's size, without what the camera wrote into the file."""
    share = await _share_of_call(number, request, engine)
    file, _ = await _file(share, photo, engine)
    shown_at = at if share.with_originals else None  # otherwise a video is a still picture
    with _nameless():
        return await small_picture(request, engine, file, size=size, at=shown_at)


@router.get("/{number}/photos/{photo}/original", response_class=Response)
async def shared_original(
    number: Number,
    photo: PhotoName,
    request: Request,
    engine: Ready,
    download: Annotated[bool, Query(description="send it as a file to save")] = True,
) -> Response:
    """The file of a photo of the share, if files are shared; a part of it with ``Range``."""
    share = await _share_of_call(number, request, engine)
    if not share.with_originals:
        raise RequestFailure("originals_not_shared", "this link shows pictures only", "ask whoever shared it")
    file, name = await _file(share, photo, engine)
    with _nameless():
        return await original(request, engine, file, name=name, download=download)


async def _share_of_call(number: int, request: Request, engine: Engine) -> Share:
    """The share in the path, if the key of the call is its."""
    cookies = cookies_of(request.scope)
    key = cookies.get(_cookie(request)) or shown_key(request.headers)  # a proxy may add a key of its own
    if key is None:
        raise RequestFailure("missing_key", "the key of the share's link is needed", "open the link", CHALLENGE)
    share = await _share_of(key, request, engine)
    if share.number != number:
        await _refuse(request)
    return share


def _cookie(request: Request) -> str:
    """The name of the cookie of shares; each library of a server has its own by its path."""
    return cookie_name(request.scope) + _COOKIE_END


async def _share_of(key: str, request: Request, engine: Engine) -> Share:
    try:
        share = await engine.run("search", engine.collection.shares.find, key[:_LONGEST_KEY])
    except UnknownShareError:
        await _refuse(request)
    request.state.share = share.number  # for the audit log
    return share


async def _refuse(request: Request) -> NoReturn:
    wrong_keys: WrongKeys = request.app.state.wrong_keys
    await wrong_keys.refuse(client_of(request.scope))


async def _file(share: Share, photo: str, engine: Engine) -> tuple[PhotoFile, str]:
    """The file of a photo, and its name without folders."""
    image_id = await engine.run("search", engine.collection.shares.photo_id, share, photo)
    if image_id is None:
        raise RequestFailure("unknown_image", "this share has no such photo", "GET …/photos lists its photos")
    with _nameless():
        return await engine.run("search", file_of, engine, image_id), image_id.rpartition("/")[2]


@contextmanager
def _nameless() -> Iterator[None]:
    """Keeps the messages about a photo's file, which name it, from those who have a link."""
    try:
        yield
    except (PhotoError, RequestFailure) as error:
        if isinstance(error, RequestFailure) and error.code in ("too_busy", "range_not_satisfiable"):
            raise
        raise RequestFailure("photo_gone", "this photo cannot be shown now", "try again later") from error
