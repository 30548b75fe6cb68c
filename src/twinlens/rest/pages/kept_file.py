"""A file that is read and packed once, and answered from memory."""

import gzip
import hashlib
import mimetypes
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from starlette._utils import get_route_path
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

WORTH = 0.95  # of a file's size: what packs no better, such as a picture, is sent as it is
# what runs only in a page whose own policy holds; opened by itself it may do nothing
NO_PAGE = "default-src 'none'"
_TYPES = {".js": "text/javascript", ".webmanifest": "application/manifest+json"}  # whatever the machine says of them


@dataclass(frozen=True)
class KeptFile:
    """Contents as they are sent.

    Attributes:
        plain: as they are.
        packed: by gzip; None where that saves nothing.
        media_type: without a charset.
        tag: changes with the contents.
        policy: its Content-Security-Policy; "" for that of all answers.
    """

    plain: bytes
    packed: bytes | None
    media_type: str
    tag: str
    policy: str = ""

    @classmethod
    def of(cls, contents: bytes, media_type: str, policy: str = "") -> "KeptFile":
        """Packs contents."""
        packed = gzip.compress(contents, compresslevel=9, mtime=0)
        tag = hashlib.sha256(contents).hexdigest()[:16]
        is_worth = len(packed) < WORTH * len(contents)
        return cls(contents, packed if is_worth else None, media_type, tag, policy)

    def answer(self, asked: Headers, cache_control: str) -> Response:
        """The answer to a request with these headers; 304 where the client has the contents already."""
        headers = {"Cache-Control": cache_control, "ETag": f'"{self.tag}"'}
        if self.policy:
            headers["Content-Security-Policy"] = self.policy
        if self.packed is not None:
            headers["Vary"] = "Accept-Encoding"
        if headers["ETag"] in asked.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        if self.packed is not None and "gzip" in asked.get("accept-encoding", ""):
            headers["Content-Encoding"] = "gzip"
            return Response(self.packed, media_type=self.media_type, headers=headers)
        return Response(self.plain, media_type=self.media_type, headers=headers)


class KeptFiles:
    """An ASGI application that answers with the files of a folder.

    Args:
        folder: what is in it when the process first looks; each file is read when it is first asked for.
        cache_control: of all answers.
    """

    def __init__(self, folder: Path, cache_control: str) -> None:
        self._folder, self._names, self._cache_control = folder, names_below(folder), cache_control

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handles one request."""
        if scope["method"] != "GET":
            raise HTTPException(405)
        name = get_route_path(scope).removeprefix("/")
        if name not in self._names:
            raise HTTPException(404)
        await kept(self._folder / name).answer(Headers(scope=scope), self._cache_control)(scope, receive, send)


@cache
def names_below(folder: Path) -> frozenset[str]:
    """The paths of all files in a folder."""
    return frozenset(one.relative_to(folder).as_posix() for one in folder.rglob("*") if one.is_file())


@cache
def kept(file: Path) -> KeptFile:
    """A file as it is sent, read at the first call."""
    kind = _TYPES.get(file.suffix) or mimetypes.guess_type(file.name)[0] or "application/octet-stream"
    return KeptFile.of(file.read_bytes(), kind, policy="" if file.suffix in (".html", ".svg") else NO_PAGE)
