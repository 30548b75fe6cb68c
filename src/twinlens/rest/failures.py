"""Errors of the REST API: one JSON shape with a code for programs, and a message and a hint for people."""

import logging
from collections.abc import Mapping

from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

from twinlens.api.library import OutsideLibraryError
from twinlens.errors import (
    AlreadyIndexingError,
    AlreadyReadingError,
    CatalogDamagedError,
    CatalogUnavailableError,
    CollectionBusyError,
    CollectionMissingError,
    CollectionNotFoundError,
    DiskFullError,
    ModelMismatchError,
    NoCaptionsError,
    NoPhotosError,
    NoProbabilitiesError,
    NoTextRecognizerError,
    PhotoError,
    PhotosMissingError,
    QueryError,
    ShareEndedError,
    StoreUnavailableError,
    TwinlensError,
    UnknownAlbumError,
    UnknownFolderError,
    UnknownPhotoError,
    UnknownShareError,
    without_commands,
)

logger = logging.getLogger(__name__)

STATUS_OF = {
    "invalid_request": 422,
    "invalid_query": 422,
    "missing_key": 401,
    "wrong_key": 401,
    "too_many_wrong_keys": 429,
    "host_not_allowed": 403,
    "origin_not_allowed": 403,
    "not_exposed": 403,
    "missing_scope": 403,
    "outside_library": 403,
    "not_found": 404,
    "unknown_image": 404,
    "unknown_folder": 404,
    "unknown_album": 404,
    "unknown_share": 404,
    "method_not_allowed": 405,
    "slow_request": 408,
    "nothing_indexed": 409,
    "no_captions": 409,
    "no_calibration": 409,
    "already_indexing": 409,
    "already_reading": 409,
    "read_only": 409,
    "photo_gone": 410,
    "share_expired": 410,
    "share_revoked": 410,
    "share_gone": 410,
    "originals_not_shared": 403,
    "body_too_large": 413,
    "picture_too_large": 413,
    "unreadable_picture": 415,
    "slow_picture": 422,
    "unsupported_media_type": 415,
    "range_not_satisfiable": 416,
    "too_many_requests": 429,
    "internal_error": 500,
    "not_installed": 501,
    "starting": 503,
    "too_busy": 503,
    "stopping": 503,
    "library_unavailable": 503,
    "library_missing": 503,
    "library_busy": 503,
    "disk_full": 507,
}
"""Every error code and its HTTP status; explained in docs/reference/rest.md."""


class RequestFailure(HTTPException):
    """An error that a request is answered with; never contains a path of this machine.

    Args:
        code: one of ``STATUS_OF``.
        message: what was expected and what was received.
        hint: what to do next.
        headers: of the answer, such as ``Retry-After``.
    """

    def __init__(self, code: str, message: str, hint: str = "", headers: Mapping[str, str] | None = None) -> None:
        super().__init__(STATUS_OF[code], message, headers)
        self.code, self.hint = code, hint

    def response(self) -> JSONResponse:
        """The JSON answer."""
        body = {"error": {"code": self.code, "message": self.detail, "hint": self.hint}}
        return JSONResponse(body, status_code=self.status_code, headers=self.headers)


def unknown_image(image_id: str) -> RequestFailure:
    """The error for an id that no indexed photo has."""
    return RequestFailure(
        "unknown_image",
        f"no indexed photo has the id {_short(image_id)!r}",
        "use an image_id from search results, percent-encoded",
    )


def read_only(what: str) -> RequestFailure:
    """The error where something is to be changed in a library that cannot be written."""
    return RequestFailure("read_only", "the library is in a place that cannot be written", f"move it to {what}")


def library_missing(what: str) -> RequestFailure:
    """The error while a folder of the library is gone; the server goes on when it is back."""
    return RequestFailure(
        "library_missing",
        f"{what} is not at its place",
        "bring it back, or mount its disk: the server then goes on by itself",
        {"Retry-After": "5"},
    )


def store_missing() -> RequestFailure:
    """The error while the server that keeps the vectors is away; ours goes on when it is back."""
    return RequestFailure(
        "library_missing",
        "the server that keeps the library's vectors does not answer",
        "start it again: this server then goes on by itself",
        {"Retry-After": "5"},
    )


def catalog_missing() -> RequestFailure:
    """The error while the server that keeps the catalog is away; ours goes on when it is back."""
    return RequestFailure(
        "library_missing",
        "the server that keeps the library's catalog does not answer",
        "start it again: this server then goes on by itself",
        {"Retry-After": "5"},
    )


def failure_of(error: TwinlensError) -> RequestFailure:
    """Converts one of our errors to one that reveals nothing about this machine."""
    if (failure := _failure_of_request(error) or _failure_of_library(error)) is not None:
        return failure
    logger.error("a request failed: %s", error)
    return RequestFailure("library_unavailable", "the library cannot be used now", "see the server's log")


def _failure_of_request(error: TwinlensError) -> RequestFailure | None:
    """For what is asked wrongly, or of what is not there."""
    match error:
        case UnknownFolderError():
            return RequestFailure(
                "unknown_folder", "no indexed photo is in that folder", "GET /api/collection lists the folders"
            )
        case UnknownPhotoError():
            return RequestFailure("unknown_image", str(error), "use image_ids from search results")
        case UnknownAlbumError():
            return RequestFailure("unknown_album", without_commands(str(error)), "GET /api/albums lists the albums")
        case UnknownShareError():
            return RequestFailure("unknown_share", without_commands(str(error)), "GET /api/shares lists the shares")
        case ShareEndedError():
            return RequestFailure(f"share_{error.why}", str(error), "ask whoever shared it for another link")
        case NoProbabilitiesError():
            return RequestFailure(
                "no_calibration", "results of this query have no grades", "leave out min_grade and min_probability"
            )
        case QueryError():
            return RequestFailure(
                "invalid_query",
                without_commands(str(error)).replace("--", ""),
                "/docs describes what a query may contain",
            )
        case OutsideLibraryError():
            return RequestFailure("outside_library", "the photo is behind a link that leads out of the library")
        case PhotoError():
            return RequestFailure("photo_gone", f"the photo cannot be sent: {error}", "index the library again")
    return None


def _failure_of_library(error: TwinlensError) -> RequestFailure | None:
    """For a library that has nothing yet, is busy, away or damaged."""
    match error:
        case NoCaptionsError():
            return RequestFailure(
                "no_captions", "no captions are known yet", "add them: twinlens index PHOTOS --captions FILE"
            )
        case NoPhotosError():
            return RequestFailure("nothing_indexed", f"the library {error.why}", "")
        case CollectionNotFoundError():
            return RequestFailure(
                "nothing_indexed", "no photo is indexed yet", "POST /api/index, or: twinlens index PHOTOS"
            )
        case AlreadyIndexingError():
            return RequestFailure(
                "already_indexing", "the library is already being indexed", "GET /api/index shows the progress"
            )
        case AlreadyReadingError():
            return RequestFailure(
                "already_reading",
                "the text in the library's pictures is already being read",
                "GET /api/index/texts shows how much",
            )
        case NoTextRecognizerError():
            return RequestFailure(
                "not_installed",
                "text in pictures cannot be read here: a package is not installed",
                "on the server, run: pip install 'twinlens[ocr]', and restart it",
            )
        case CollectionBusyError():
            logger.warning("a request failed: %s", error)
            return RequestFailure(
                "library_busy",
                "another program has locked the library's catalog",
                "try again soon; if it lasts, the server's log names the file",
                {"Retry-After": "5"},
            )
        case CollectionMissingError():
            return library_missing("the collection")
        case PhotosMissingError():
            return library_missing("a photo folder of the library")
        case StoreUnavailableError():
            logger.warning("a request failed: %s", error)
            return store_missing()
        case CatalogUnavailableError():
            logger.warning("a request failed: %s", error)
            return catalog_missing()
        case CatalogDamagedError():
            logger.error("a request failed: %s", error)
            return RequestFailure(
                "library_unavailable", "the library's catalog is damaged", "on the server, run: twinlens repair"
            )
        case DiskFullError():
            return RequestFailure("disk_full", "the library's disk is full", "free some space; nothing is lost")
        case ModelMismatchError():
            return RequestFailure("library_unavailable", "the library's model has changed", "restart the server")
    return None


def _short(text: str, length: int = 100) -> str:
    return text if len(text) <= length else text[: length - 1] + "…"
