"""Calls for the page's session: the key is exchanged for a cookie, since ``<img>`` sends no headers."""

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from twinlens.rest.calls.schemas import SessionAnswer, SessionStart
from twinlens.rest.engine.engine import Engine
from twinlens.rest.gate.guard import check_key
from twinlens.rest.gate.keys import COOKIE, SESSION_S, KeyRing, shown_key, shown_session

router = APIRouter(prefix="/api/session", tags=["session"])


@router.get("")
async def session(request: Request) -> SessionAnswer:
    """Whether this server requires a key, and whether the client is signed in."""
    keys: KeyRing | None = request.app.state.keys
    if keys is None:
        return _told(request)
    token, key = shown_session(request.headers), shown_key(request.headers)
    is_valid = token is not None and keys.fits_session(token)
    if not is_valid and key is not None:
        check_key(keys, key, request.app.state.wrong_keys, request.client.host if request.client else "local")
        is_valid = True
    return _told(request, is_valid=is_valid)


@router.post("", response_model=SessionAnswer)
async def start_session(body: SessionStart, request: Request) -> Response:
    """Exchanges the key for a cookie that is valid for thirty days, or until the key changes."""
    keys: KeyRing | None = request.app.state.keys
    if keys is None:
        return JSONResponse(_told(request).model_dump())
    check_key(keys, body.key, request.app.state.wrong_keys, request.client.host if request.client else "local")
    response = JSONResponse(_told(request).model_dump())
    response.set_cookie(
        COOKIE,
        keys.new_session(),
        max_age=SESSION_S,
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
    )
    return response


@router.delete("", status_code=204)
async def end_session() -> Response:
    """Ends the session and deletes the cookie."""
    response = Response(status_code=204)
    response.delete_cookie(COOKIE, httponly=True, samesite="strict")
    return response


def _told(request: Request, *, is_valid: bool = True) -> SessionAnswer:
    engine: Engine = request.app.state.engine
    is_needed = request.app.state.keys is not None
    return SessionAnswer(key_needed=is_needed, is_valid=is_valid, max_top_k=engine.settings.max_top_k)
