"""Calls for the page's session: the key is exchanged for a cookie, since ``<img>`` sends no headers."""

from typing import Literal, NoReturn

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response

from twinlens.rest.calls.schemas.values import Body
from twinlens.rest.engine.served import Served
from twinlens.rest.gate.callers import client_of
from twinlens.rest.gate.keys.key_source import KeySource
from twinlens.rest.gate.keys.keys import SHELF_PATH, Key, cookie_name, cookie_path, shown_key, shown_session
from twinlens.rest.gate.keys.scopes import SCOPES, KeyScope
from twinlens.rest.gate.keys.sessions import SESSION_S, Sessions
from twinlens.rest.gate.keys.wrong_keys import WrongKeys

router = APIRouter(prefix="/api/session", tags=["session"])


class SessionStart(Body):
    """The API key, exchanged for a cookie."""

    key: str = Field(min_length=1, max_length=1000)


class SessionAnswer(BaseModel):
    """Whether a key is required, whether the client is signed in, and the server's limits."""

    key_needed: bool
    is_valid: bool
    max_top_k: int = Field(description="maximum number of results per answer")
    key_name: str | None = Field(description="name of the client's key")
    scopes: list[KeyScope] = Field(description="what the client may do")
    favourites: Literal["shared", "own"] = Field(default="shared", description="own: nobody else sees what is marked")
    signed_in: bool = Field(description="by a cookie; DELETE /api/session ends that")
    read_only: bool = Field(default=False, description="the library lies in a place that cannot be written")
    is_one_of_several: bool = Field(default=False, description="the server has a list of libraries, one level up")


@router.get("")
async def session(request: Request) -> SessionAnswer:
    """Whether this server requires a key, whether the client is signed in, and what its key may do."""
    key: Key | None = request.state.key
    if key is None and request.app.state.keys is not None and shown_key(request.headers) is not None:
        await _refuse(request)
    return _told(request, key, signed_in=request.state.is_session)


@router.post("", response_model=SessionAnswer)
async def start_session(body: SessionStart, request: Request) -> Response:
    """Exchanges a key for a cookie that is valid for thirty days, until signing out, or until the key changes."""
    keys: KeySource | None = request.app.state.keys
    if keys is None:
        return JSONResponse(_told(request, None).model_dump())
    key = request.state.key = keys.current().find(body.key)
    if key is None:
        await _refuse(request)
    sessions: Sessions = request.app.state.sessions
    response = JSONResponse(_told(request, key, signed_in=True).model_dump())
    response.set_cookie(
        cookie_name(request.scope),
        sessions.new(key),
        max_age=SESSION_S,
        path=cookie_path(request.scope),
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
    )
    return response


@router.delete("", status_code=204)
async def end_session(request: Request) -> Response:
    """Ends the session for good, and deletes the cookie."""
    keys: KeySource | None = request.app.state.keys
    token = shown_session(request.scope)
    if keys is not None and token is not None:
        await run_in_threadpool(request.app.state.sessions.end, token, keys.current())
    response = Response(status_code=204)
    name, path = cookie_name(request.scope), cookie_path(request.scope)
    response.delete_cookie(name, path=path, httponly=True, samesite="strict")
    return response


async def _refuse(request: Request) -> NoReturn:
    wrong_keys: WrongKeys = request.app.state.wrong_keys
    await wrong_keys.refuse(client_of(request.scope))


def _told(request: Request, key: Key | None, *, signed_in: bool = False) -> SessionAnswer:
    engine: Served = request.app.state.engine
    is_needed, library = request.app.state.keys is not None, request.app.state.library
    scopes = key.scopes if key is not None else () if is_needed else SCOPES
    return SessionAnswer(
        key_needed=is_needed,
        is_valid=not is_needed or (key is not None and (library is None or key.opens(library))),
        max_top_k=engine.settings.max_top_k,
        key_name=key.name if key is not None else None,
        favourites="own" if key is not None and key.has_own_favourites else "shared",
        scopes=[scope for scope in SCOPES if scope in scopes],
        signed_in=signed_in,
        read_only=engine.read_only,
        is_one_of_several=SHELF_PATH in request.scope["state"],
    )
