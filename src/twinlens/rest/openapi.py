"""The server's OpenAPI document: FastAPI's, plus the server's limits and error shape."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from twinlens import __version__
from twinlens.rest.calls.schemas.failures import FailureAnswer
from twinlens.rest.calls.schemas.searches import CaptionSearch, ImageSearch
from twinlens.rest.gate.keys.scopes import is_open, needed_scopes
from twinlens.rest.settings import Settings

DESCRIPTION = "Search a library of photos by text and by photo; every error is {error: {code, message, hint}}."
_REF = "#/components/schemas/{model}"
_FAILURES = {
    "401": "a key is required",
    "403": "the host, the origin, the client or the key's scopes do not allow it",
    "404": "no such photo, folder or call",
    "408": "the body arrived too slowly",
    "409": "not possible in the library's current state",
    "410": "the photo's file is gone",
    "413": "too large; the message states the limit",
    "415": "unsupported type of body or picture",
    "416": "the range is outside the photo",
    "422": "invalid body or parameters",
    "429": "too many requests",
    "500": "the server failed",
    "501": "a package that it needs is not installed on the server",
    "503": "starting, stopping or too busy",
    "507": "the disk is full",
}
_PICTURES = ("/api/image/", "/api/explain", "/api/shared")
_ONLY: dict[str, str | tuple[str, ...]] = {
    **dict.fromkeys(("408", "413", "415"), "body"),
    "410": _PICTURES,
    "416": ("/api/image/", "/api/shared/"),
    "501": "/api/index/texts",
    "507": "/api/index",
}


def describe(app: FastAPI, settings: Settings) -> None:
    """Makes ``/openapi.json`` include this server's actual limits."""

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _schema(app, settings)
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]


def _schema(app: FastAPI, settings: Settings) -> dict[str, Any]:
    schema = get_openapi(title="twinlens", version=__version__, description=DESCRIPTION, routes=app.routes)
    schemas = schema["components"]["schemas"]
    for model in (ImageSearch, CaptionSearch, FailureAnswer):  # bodies that may be forms, and the errors of every call
        found = model.model_json_schema(ref_template=_REF)
        schemas.update(found.pop("$defs", {}))
        schemas[model.__name__] = found
    schemas["ImageSearch"]["anyOf"] = [{"required": ["image_id"]}, {"required": ["images"]}]
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    for fields in schemas.values():
        _name_limits(fields.get("properties", {}), settings)
    for path, calls in schema["paths"].items():
        for method, call in calls.items():
            _name_failures(path, call)
            _name_scopes(method, path, call, settings)
            _name_limits({one["name"]: one["schema"] for one in call.get("parameters", [])}, settings)
            for content in call.get("requestBody", {}).get("content", {}).values():
                _name_limits(content["schema"].get("properties", {}), settings)
    schema["components"]["securitySchemes"] = {
        "key": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
        "bearer": {"type": "http", "scheme": "bearer"},
    }
    if settings.needs_key:
        schema["security"] = [{"key": []}, {"bearer": []}]
    return schema


def _name_scopes(method: str, path: str, call: dict[str, Any], settings: Settings) -> None:
    """Adds what a key must be allowed to do, which OpenAPI calls roles."""
    if is_open(path):
        call["security"] = []
        return
    needed = sorted(needed_scopes(method.upper(), path))
    named = " or ".join(f"`{scope}`" for scope in needed)
    call["description"] = (
        call.get("description", "") + f"\n\nWith keys: needs the scope {named}."
        if named
        else "\n\nWith keys: any will do."
    )
    if settings.needs_key:
        call["security"] = [{kind: [scope]} for scope in needed for kind in ("key", "bearer")] or [
            {"key": []},
            {"bearer": []},
        ]


def _name_limits(properties: dict[str, Any], settings: Settings) -> None:
    if "top_k" in properties:
        top_k = properties["top_k"]
        top_k["maximum"] = settings.max_top_k
        if "default" in top_k:
            top_k["default"] = min(top_k["default"], settings.max_top_k)
    query = properties.get("query")
    if query is not None and "pattern" in query:
        query["maxLength"] = settings.max_query_length
    if "queries" in properties:
        properties["queries"]["maxItems"] = settings.max_batch
        properties["queries"]["items"]["maxLength"] = settings.max_query_length


def _name_failures(path: str, call: dict[str, Any]) -> None:
    content = {"application/json": {"schema": {"$ref": _REF.format(model="FailureAnswer")}}}
    for status, meaning in _FAILURES.items():
        only = _ONLY.get(status)
        is_here = "requestBody" in call if only == "body" else only is None or path.startswith(only)
        if not is_here:
            continue
        if status in call["responses"] and status != "422":
            continue
        call["responses"][status] = {"description": meaning, "content": content}
