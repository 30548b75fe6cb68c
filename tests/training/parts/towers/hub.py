"""A small model hub on the loopback interface, which answers what huggingface_hub asks of the real one."""

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

COMMIT = "0123456789abcdef0123456789abcdef01234567"


class Hub(ThreadingHTTPServer):
    """Serves the folders of ``repositories`` by their hub names."""

    daemon_threads = True

    def __init__(self, repositories: dict[str, Path]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.repositories = repositories
        self.requests: list[str] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def files(self, repository: str) -> dict[str, bytes]:
        folder = self.repositories[repository]
        paths = sorted(path for path in folder.rglob("*") if path.is_file())
        return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


class _Handler(BaseHTTPRequestHandler):
    server: Hub
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._answer(with_body=True)

    def do_HEAD(self) -> None:
        self._answer(with_body=False)

    def log_message(self, format: str, *values: object) -> None:  # noqa: A002 - the base class's name
        self.server.requests.append(f"{self.command} {self.path}")

    def _answer(self, *, with_body: bool) -> None:
        path = unquote(urlsplit(self.path).path).removeprefix("/")
        is_api = path.startswith("api/models/")
        repository = "/".join(path.removeprefix("api/models/").split("/")[:2])
        if repository not in self.server.repositories:
            return self._send(404, b"{}", with_body, {"X-Error-Code": "RepoNotFound"})
        files = self.server.files(repository)
        rest = path.removeprefix("api/models/").split("/")[2:]
        if is_api:
            body = self._tree(files) if rest[0] == "tree" else self._model(repository, files)
            return self._send(200, json.dumps(body).encode(), with_body, {"Content-Type": "application/json"})
        name = "/".join(rest[2:])  # resolve/REVISION/NAME
        if name not in files:
            return self._send(404, b"", with_body, {"X-Error-Code": "EntryNotFound", "X-Repo-Commit": COMMIT})
        headers = {"ETag": f'"{_blob(files[name])}"', "X-Repo-Commit": COMMIT, "Accept-Ranges": "bytes"}
        return self._send(200, files[name], with_body, headers)

    def _model(self, repository: str, files: dict[str, bytes]) -> dict[str, object]:
        siblings = [{"rfilename": name} for name in files]
        return {"_id": "1", "id": repository, "modelId": repository, "sha": COMMIT, "siblings": siblings, "tags": []}

    def _tree(self, files: dict[str, bytes]) -> list[dict[str, object]]:
        return [{"type": "file", "oid": _blob(body), "size": len(body), "path": name} for name, body in files.items()]

    def _send(self, status: int, body: bytes, with_body: bool, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        if with_body:
            self.wfile.write(body)


def _blob(body: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(body) + body).hexdigest()


@contextmanager
def running_hub(repositories: dict[str, Path]) -> Iterator[Hub]:
    """A hub that answers until the block ends."""
    with Hub(repositories) as hub:
        thread = threading.Thread(target=hub.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield hub
        finally:
            hub.shutdown()
            thread.join()
