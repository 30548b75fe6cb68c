"""A client for the REST API of a running twinlens server."""

import json
import re
import secrets
import urllib.error
import urllib.request
from collections.abc import Sequence
from http.client import HTTPException
from typing import Any

from twinlens.errors import CollectionError, QueryError

TIMEOUT_S = 60.0  # a first query may wait for the model
MAX_ANSWER_BYTES = 256_000_000  # of a zip of photos, which is held in memory
_FOR_PROGRAMS = re.compile(r"\b(GET|POST|DELETE) /|/docs|\bimage_ids?\b|--[a-z]")  # hints about calls and options


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:  # the key must not be sent to another server
        return None


class RestClient:
    """Sends requests to one server.

    Args:
        url: such as ``http://127.0.0.1:5000``.
        key: API key, sent with every request.
        timeout_s: per request.
    """

    def __init__(self, url: str, *, key: str | None = None, timeout_s: float = TIMEOUT_S) -> None:
        self.url = url.rstrip("/")
        self._key = key
        self._timeout_s = timeout_s
        self._opener = urllib.request.build_opener(_NoRedirects)

    def get_bytes(self, path: str) -> bytes:
        """The body of an answer.

        Raises:
            QueryError: the server rejects the request; has the server's message.
            CollectionError: no twinlens server answers.
        """
        return self._ask(urllib.request.Request(self.url + path))

    def get(self, path: str) -> dict[str, Any]:
        """The JSON object of an answer; errors as in ``get_bytes``."""
        return self._object(self.get_bytes(path))

    def post(self, path: str, body: dict[str, Any], *, timeout_s: float | None = None) -> dict[str, Any]:
        """The answer to a JSON body, within the client's time or another one; errors as in ``get_bytes``."""
        return self._post(path, json.dumps(body).encode(), "application/json", timeout_s)

    def delete(self, path: str) -> dict[str, Any]:
        """The answer to a deletion; errors as in ``get_bytes``."""
        return self._object(self._ask(urllib.request.Request(self.url + path, method="DELETE")))

    def post_for_bytes(self, path: str, body: dict[str, Any]) -> bytes:
        """The file that answers a JSON body; errors as in ``get_bytes``."""
        headers = {"Content-Type": "application/json"}
        return self._ask(urllib.request.Request(self.url + path, data=json.dumps(body).encode(), headers=headers))

    def post_for_png(self, path: str, body: dict[str, Any]) -> bytes:
        """The picture that answers a JSON body; errors as in ``get_bytes``."""
        headers = {"Content-Type": "application/json", "Accept": "image/png"}
        return self._ask(urllib.request.Request(self.url + path, data=json.dumps(body).encode(), headers=headers))

    def post_pictures(
        self, path: str, pictures: Sequence[tuple[str, bytes]], fields: Sequence[tuple[str, str]]
    ) -> dict[str, Any]:
        """The answer to a form with pictures and texts, each with the name of its field; errors as in ``get_bytes``."""
        border = secrets.token_hex(16)
        parts = [
            f'--{border}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
            for name, value in fields
        ]
        kind = "Content-Type: application/octet-stream\r\n\r\n"
        for name, picture in pictures:
            head = f'--{border}\r\nContent-Disposition: form-data; name="{name}"; filename="picture"\r\n{kind}'
            parts += [head.encode(), picture, b"\r\n"]
        body = b"".join([*parts, f"--{border}--\r\n".encode()])
        return self._post(path, body, f"multipart/form-data; boundary={border}")

    def _post(self, path: str, body: bytes, kind: str, timeout_s: float | None = None) -> dict[str, Any]:
        request = urllib.request.Request(self.url + path, data=body, headers={"Content-Type": kind})
        return self._object(self._ask(request, timeout_s))

    def _ask(self, request: urllib.request.Request, timeout_s: float | None = None) -> bytes:
        if self._key:
            request.add_unredirected_header("X-API-Key", self._key)
        try:
            with self._opener.open(request, timeout=timeout_s or self._timeout_s) as answer:
                data: bytes = answer.read(MAX_ANSWER_BYTES + 1)
        except urllib.error.HTTPError as error:
            with error:
                raise self._refusal(error) from error
        except (OSError, HTTPException) as error:
            reason = getattr(error, "reason", None) or error
            raise CollectionError(
                f"no server answers at {self.url}: {reason}; start one with 'twinlens serve', or give its URL "
                "with --server"
            ) from error
        if len(data) > MAX_ANSWER_BYTES:
            raise QueryError(f"the server's answer is larger than {MAX_ANSWER_BYTES // 10**6} MB; ask for fewer photos")
        return data

    def _refusal(self, error: urllib.error.HTTPError) -> QueryError | CollectionError:
        try:
            told = json.loads(error.read(MAX_ANSWER_BYTES))["error"]
            code, message, hint = (str(told[name]) for name in ("code", "message", "hint"))
        except (OSError, HTTPException, ValueError, KeyError, TypeError):
            return self._stranger(f"status {error.code}")
        if code in ("missing_key", "wrong_key"):
            return CollectionError(f"the server at {self.url} requires its API key: {message}; set TWINLENS_API_KEY")
        if code == "missing_scope":
            return CollectionError(f"the key for {self.url} does not allow this: {message}; {hint}")
        return QueryError(
            f"the server says: {message}" + (f"; {hint}" if hint and not _FOR_PROGRAMS.search(hint) else "")
        )

    def _object(self, data: bytes) -> dict[str, Any]:
        try:
            answer = json.loads(data)
        except ValueError as error:
            raise self._stranger("not JSON") from error
        if not isinstance(answer, dict):
            raise self._stranger("not a JSON object")
        return answer

    def _stranger(self, what: str) -> CollectionError:
        return CollectionError(f"{self.url} answers, but is not a twinlens server ({what}); check --server")
