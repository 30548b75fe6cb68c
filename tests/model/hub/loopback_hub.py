"""A small model hub on the loopback interface, with the answers of the real one, and faults on demand."""

import hashlib
import json
import re
import threading
from collections import Counter
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

COMMIT = "0123456789abcdef0123456789abcdef01234567"
LFS_BYTES = 600  # larger files are kept as LFS objects, behind a redirect
_INFO = re.compile(r"^/api/models/(?P<repo>[^/]+/[^/]+)(/revision/(?P<revision>.+))?$")
_FILE = re.compile(r"^/(?P<repo>[^/]+/[^/]+)/resolve/(?P<revision>[^/]+)/(?P<path>.+)$")


@dataclass
class Hub:
    """What the hub has, and what goes wrong."""

    url: str = ""
    repositories: dict[str, Path] = field(default_factory=dict)
    license: str | None = "apache-2.0"
    commit: str = COMMIT
    gated: set[str] = field(default_factory=set)
    status: int | None = None
    """Answer of every call about a repository; None = as it is."""
    drop_after: int | None = None
    """The next large download breaks off after so many bytes."""
    stalls: bool = False
    """Instead, it sends nothing more, and keeps the connection open until the hub is closed; so does every download
    until one asks for the rest, for a slow client may have given up before the first bytes."""
    closed: threading.Event = field(default_factory=threading.Event)
    wrong: set[str] = field(default_factory=set)
    """Files that arrive with a byte changed."""
    takes_ranges: bool = True
    tokens: set[str | None] = field(default_factory=set)
    """Authorizations that were sent."""
    calls: Counter[str] = field(default_factory=Counter)
    ranges: list[str] = field(default_factory=list)


class _Answers(BaseHTTPRequestHandler):
    hub: Hub
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None: ...

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        path = unquote(urlsplit(self.path).path)
        self.hub.calls[f"{self.command} {path}"] += 1
        self.hub.tokens.add(self.headers.get("Authorization"))
        if path.startswith("/cdn/"):
            self._object(path.removeprefix("/cdn/"))
        elif self.hub.status is not None:
            self._refuse(self.hub.status, "")
        elif found := _INFO.match(path):
            self._info(found["repo"], found["revision"])
        elif found := _FILE.match(path):
            self._file(found["repo"], found["revision"], found["path"])
        else:
            self._refuse(404, "")

    def _info(self, repo: str, revision: str | None) -> None:
        folder = self.hub.repositories.get(repo)
        if folder is None:
            self._refuse(401, "RepoNotFound")
        elif revision not in (None, "main", COMMIT):
            self._refuse(404, "RevisionNotFound")
        else:
            files = sorted(file for file in folder.rglob("*") if file.is_file())
            card = {"license": self.hub.license} if self.hub.license else {}
            fields = {
                "id": repo, "modelId": repo, "sha": self.hub.commit, "private": False,
                "gated": "manual" if repo in self.hub.gated else False,
                "disabled": False, "downloads": 1, "likes": 0, "tags": ["onnx"], "cardData": card,
                "siblings": [_sibling(file, file.relative_to(folder).as_posix()) for file in files],
            }  # fmt: skip
            self._send(200, json.dumps(fields).encode(), {"Content-Type": "application/json"})

    def _file(self, repo: str, revision: str, path: str) -> None:
        folder = self.hub.repositories.get(repo)
        if folder is None:
            return self._refuse(401, "RepoNotFound")
        if repo in self.hub.gated:
            return self._refuse(403, "GatedRepo")
        if revision != COMMIT:
            return self._refuse(404, "RevisionNotFound")
        file = folder / path
        if not file.is_file():
            return self._refuse(404, "EntryNotFound")
        content, commit = file.read_bytes(), {"X-Repo-Commit": COMMIT}
        if len(content) <= LFS_BYTES:
            return self._send(200, self._as_sent(path, content), {**commit, "ETag": f'"{_git_sha(content)}"'})
        sha = hashlib.sha256(content).hexdigest()
        linked = {"X-Linked-Etag": f'"{sha}"', "X-Linked-Size": str(len(content))}
        return self._send(302, b"", {**commit, **linked, "Location": f"{self.hub.url}/cdn/{repo}/{path}"})

    def _object(self, place: str) -> None:
        owner, name, path = place.split("/", 2)
        content = self._as_sent(path, (self.hub.repositories[f"{owner}/{name}"] / path).read_bytes())
        asked, start = self.headers.get("Range"), 0
        if asked:
            self.hub.ranges.append(asked)
        if asked and self.hub.takes_ranges:
            start = int(asked.removeprefix("bytes=").split("-")[0])
        headers = {"ETag": f'"{hashlib.sha256(content).hexdigest()}"', "Accept-Ranges": "bytes"}
        if start:
            headers["Content-Range"] = f"bytes {start}-{len(content) - 1}/{len(content)}"
        self._send(206 if start else 200, content[start:], headers, drops=True)

    def _as_sent(self, path: str, content: bytes) -> bytes:
        return bytes([content[0] ^ 1]) + content[1:] if path in self.hub.wrong else content

    def _refuse(self, status: int, code: str) -> None:
        headers = {"X-Error-Code": code} if code else {}
        if status == 429:
            headers["Retry-After"] = "17"
        self._send(status, b'{"error": "no"}', headers)

    def _send(self, status: int, content: bytes, headers: dict[str, str], *, drops: bool = False) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(content))}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command == "HEAD":
            return
        if self.hub.stalls and self.headers.get("Range"):
            self.hub.drop_after = None
        if drops and self.hub.drop_after is not None and len(content) > self.hub.drop_after:
            content, self.close_connection = content[: self.hub.drop_after], True
            if not self.hub.stalls:
                self.hub.drop_after = None
            self.wfile.write(content)
            if self.hub.stalls:
                self.wfile.flush()
                self.hub.closed.wait()
            return
        self.wfile.write(content)


def _sibling(file: Path, name: str) -> dict[str, object]:
    content = file.read_bytes()
    found: dict[str, object] = {"rfilename": name, "size": len(content), "blobId": _git_sha(content)}
    if len(content) > LFS_BYTES:
        found["lfs"] = {"sha256": hashlib.sha256(content).hexdigest(), "size": len(content), "pointerSize": 134}
    return found


def _git_sha(content: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


def start_hub() -> tuple[Hub, ThreadingHTTPServer]:
    """A hub that answers until its server is shut down."""
    hub = Hub()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Answers", (_Answers,), {"hub": hub}))
    server.daemon_threads = True
    hub.url = f"http://127.0.0.1:{server.server_address[1]}"
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    return hub, server
