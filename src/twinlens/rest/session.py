"""Calls of the page: the key is exchanged for a cookie, since ``<img>`` sends no headers."""

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from twinlens.rest.guard import check_key
from twinlens.rest.keys import COOKIE, SESSION_S, KeyRing, shown_key, shown_session
from twinlens.rest.schemas import SessionAnswer, SessionStart

router = APIRouter(prefix="/api/session", tags=["session"])


@router.get("")
async def session(request: Request) -> SessionAnswer:
    """Whether this server wants a key, and whether the caller has shown it."""
    keys: KeyRing | None = request.app.state.keys
    if keys is None:
        return SessionAnswer(key_needed=False, is_valid=True)
    token, key = shown_session(request.headers), shown_key(request.headers)
    is_valid = token is not None and keys.fits_session(token)
    if not is_valid and key is not None:
        check_key(keys, key, request.app.state.wrong_keys, request.client.host if request.client else "local")
        is_valid = True
    return SessionAnswer(key_needed=True, is_valid=is_valid)


@router.post("", response_model=SessionAnswer)
async def start_session(body: SessionStart, request: Request) -> Response:
    """Takes the key and gives a cookie that is good for thirty days, or until the key changes."""
    keys: KeyRing | None = request.app.state.keys
    if keys is None:
        return JSONResponse({"key_needed": False, "is_valid": True})
    check_key(keys, body.key, request.app.state.wrong_keys, request.client.host if request.client else "local")
    response = JSONResponse({"key_needed": True, "is_valid": True})
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
    """Forgets the cookie."""
    response = Response(status_code=204)
    response.delete_cookie(COOKIE, httponly=True, samesite="strict")
    return response
