"""The web page and the API reference at ``/docs``, which need no network."""

import hashlib
import html
import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request
from starlette.responses import HTMLResponse, Response
from starlette.staticfiles import StaticFiles

STATIC = Path(__file__).with_name("static")
_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}"
    "code,pre{font-size:14px}pre{background:#f4f4f4;padding:.6rem;overflow:auto}h2{font-size:1.1rem;margin-top:2rem}"
)
DOCS_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'"


class _PageFiles(StaticFiles):
    """Static files that browsers cache: for good below the version, else only until they have asked again."""

    def __init__(self, cache_control: str) -> None:
        super().__init__(directory=STATIC)
        self._cache_control = cache_control

    def file_response(self, *arguments: Any, **options: Any) -> Response:
        response = super().file_response(*arguments, **options)
        response.headers["Cache-Control"] = self._cache_control
        return response


PAGES = {"/": "index.html", "/share": "share.html"}
_VERSION = "VERSION_OF_THE_FILES"
# what browsers and crawlers look for at the top; each is asked for again whenever it is used
TOP_FILES = {
    "/manifest.webmanifest": "application/manifest+json",
    "/service-worker.js": "text/javascript",
    "/robots.txt": "text/plain",
}


def add_page(app: FastAPI) -> None:
    """Serves the pages and what belongs to them if their files are installed, and the API reference at ``/docs``."""

    @app.get("/docs", include_in_schema=False)
    async def docs(request: Request) -> Response:  # FastAPI keeps every call, so one must not keep the app
        return HTMLResponse(_docs_page(request.app.openapi()), headers={"Content-Security-Policy": DOCS_POLICY})

    add_files(app, PAGES, TOP_FILES)


def add_files(app: FastAPI, pages: Mapping[str, str], others: Mapping[str, str]) -> None:
    """Serves pages and the files that they need, if they are installed.

    Args:
        pages: names of the files, by their paths.
        others: types of files at the top, by their paths.
    """
    if not all((STATIC / name).is_file() for name in pages.values()):
        return
    version = static_version()
    app.mount(f"/static/{version}", _PageFiles("public, max-age=31536000, immutable"), name="static-for-good")
    app.mount("/static", _PageFiles("no-cache"), name="static")

    for path, name in pages.items():
        # addresses are relative, also those of imports, so one place in the page names the version for all
        _add_file(app, path, name, "text/html", version, replaced=('="static/', f'="static/{version}/'))
    for path, kind in others.items():
        _add_file(app, path, path.lstrip("/"), kind, version, replaced=(_VERSION, version))


def _add_file(app: FastAPI, path: str, name: str, kind: str, version: str, *, replaced: tuple[str, str]) -> None:
    """Serves a file at a path of its own; browsers keep it until they have asked whether there is another version."""

    @app.get(path, include_in_schema=False)
    async def file(request: Request) -> Response:
        headers = {"Cache-Control": "no-cache", "ETag": f'"{version}"'}
        if headers["ETag"] in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        text = (STATIC / name).read_text(encoding="utf-8").replace(*replaced)
        return Response(text, media_type=kind, headers=headers)


@cache
def static_version() -> str:
    """A hash of the page's files: part of their addresses, so that a new release is another address."""
    digest = hashlib.sha256()
    for file in sorted(one for one in STATIC.rglob("*") if one.is_file()):
        digest.update(f"{file.relative_to(STATIC).as_posix()}\0".encode() + file.read_bytes() + b"\0")
    return digest.hexdigest()[:12]


def _docs_page(openapi: dict[str, Any]) -> str:
    calls = [
        _call(method, path, call) for path, methods in openapi["paths"].items() for method, call in methods.items()
    ]
    schemas = [
        f"<h2 id='{html.escape(name)}'>{html.escape(name)}</h2><pre>{html.escape(json.dumps(schema, indent=1))}</pre>"
        for name, schema in openapi["components"]["schemas"].items()
    ]
    title = html.escape(openapi["info"]["title"])
    return (
        f"<!doctype html>\n<html lang='en'><head><meta charset='utf-8'><title>{title}</title>"
        f"<meta name='viewport' content='width=device-width,initial-scale=1'><style>{_STYLE}</style></head><body>"
        f"<h1>{title}</h1><p>{html.escape(openapi['info']['description'])} "
        "For programs: <a href='openapi.json'>openapi.json</a>.</p>"
        + "".join(calls)
        + "<h1>Schemas</h1>"
        + "".join(schemas)
        + "</body></html>\n"
    )


def _call(method: str, path: str, call: dict[str, Any]) -> str:
    takes = [
        f"<li><code>{html.escape(one['name'])}</code> ({one['in']}) {html.escape(one.get('description', ''))}</li>"
        for one in call.get("parameters", [])
    ]
    takes += [
        f"<li>body, {html.escape(kind)}: {_schema(content.get('schema', {}))}</li>"
        for kind, content in call.get("requestBody", {}).get("content", {}).items()
    ]
    gives = [
        f"<li>{html.escape(status)}: {html.escape(answer.get('description', ''))} "
        + ", ".join(_schema(content.get("schema", {})) for content in answer.get("content", {}).values())
        + "</li>"
        for status, answer in call["responses"].items()
    ]
    return (
        f"<h2><code>{method.upper()} {html.escape(path)}</code></h2><p>{html.escape(call.get('description', ''))}</p>"
        f"<ul>{''.join(takes)}</ul><details><summary>answers</summary><ul>{''.join(gives)}</ul></details>"
    )


def _schema(schema: dict[str, Any]) -> str:
    if "$ref" in schema:
        name = html.escape(schema["$ref"].rpartition("/")[2])
        return f"<a href='#{name}'>{name}</a>"
    fields = ", ".join(schema.get("properties", {}))
    return html.escape(f"{schema.get('type', '')} {fields}".strip())
