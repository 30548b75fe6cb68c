"""What a request's body is, by its headers."""

from starlette.requests import Request

from twinlens.rest.failures import RequestFailure


def is_form(request: Request) -> bool:
    """True for a form, False for JSON.

    Raises:
        RequestFailure: it is neither.
    """
    kind = _kind(request)
    if kind != "multipart/form-data" and not _is_json(kind):
        raise RequestFailure(
            "unsupported_media_type",
            "the body is neither JSON nor a form",
            "send application/json or multipart/form-data",
        )
    return kind == "multipart/form-data"


def check_json(request: Request) -> None:
    """Raises RequestFailure unless the body is said to be JSON."""
    if not _is_json(_kind(request)):
        raise RequestFailure(
            "unsupported_media_type", "the body is not JSON by its Content-Type", "send application/json"
        )


def _kind(request: Request) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def _is_json(kind: str) -> bool:
    return kind == "application/json" or (kind.startswith("application/") and kind.endswith("+json"))
