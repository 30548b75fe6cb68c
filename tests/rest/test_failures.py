"""What is said when a request fails."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from conftest import ColourEncoder, draw_photo
from twinlens.api.library import Collection, OutsideLibraryError
from twinlens.errors import (
    AlreadyIndexingError,
    AlreadyReadingError,
    CatalogDamagedError,
    CatalogLockedError,
    CollectionMissingError,
    DiskFullError,
    ModelMismatchError,
    NoProbabilitiesError,
    NoTextRecognizerError,
    PhotoError,
    PhotosMissingError,
    QueryError,
    StoreUnavailableError,
    TwinlensError,
)
from twinlens.rest.failures import STATUS_OF, RequestFailure, failure_of, unknown_image


def test_the_reference_page_explains_every_code() -> None:
    page = (Path(__file__).parents[2] / "docs" / "reference" / "rest.md").read_text(encoding="utf-8")
    for code, status in STATUS_OF.items():
        assert f"| `{code}` | {status} |" in page


def test_every_code_has_a_status_that_tells_of_a_failure() -> None:
    for code, status in STATUS_OF.items():
        failure = RequestFailure(code, "what was wanted and what came", "what to do", {"Retry-After": "1"})
        answer = failure.response()
        assert answer.status_code == status >= 400
        assert answer.headers["retry-after"] == "1"
        assert json.loads(answer.body) == {
            "error": {"code": code, "message": "what was wanted and what came", "hint": "what to do"}
        }


def test_a_code_that_nobody_knows_is_a_fault_of_ours() -> None:
    with pytest.raises(KeyError):
        RequestFailure("no_such_code", "")


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (QueryError("the parts cancel each other out"), "invalid_query"),
        (NoProbabilitiesError("there are none"), "no_calibration"),
        (PhotoError("file is gone"), "photo_gone"),
        (OutsideLibraryError("a link"), "outside_library"),
        (AlreadyIndexingError("another process is indexing"), "already_indexing"),
        (AlreadyReadingError("another process is reading"), "already_reading"),
        (NoTextRecognizerError("no package"), "not_installed"),
        (CatalogLockedError("locked"), "library_busy"),
        (CollectionMissingError("gone"), "library_missing"),
        (PhotosMissingError("gone"), "library_missing"),
        (StoreUnavailableError("no answer"), "library_missing"),
        (DiskFullError("no space"), "disk_full"),
        (ModelMismatchError("another model"), "library_unavailable"),
        (CatalogDamagedError("damaged"), "library_unavailable"),
    ],
)
def test_each_error_of_ours_has_its_code(error: TwinlensError, code: str) -> None:
    assert failure_of(error).code == code


def test_what_is_said_of_the_library_itself_does_not_tell_where_it_lies(tmp_path: Path) -> None:
    """The very errors that a collection raises."""
    draw_photo(tmp_path / "photos" / "red.png")
    with Collection.create([tmp_path / "photos"], model=ColourEncoder()) as collection:
        told = {"nothing_indexed": raised(lambda: collection.search("red"))}
        collection.index()
        told["no_captions"] = raised(lambda: collection.search("red", target="caption"))
        told["unknown_folder"] = raised(lambda: collection.search("red", folder="nowhere"))
        told["invalid_query"] = raised(lambda: collection.search("red", after="one day"))
    for code, error in told.items():
        failure = failure_of(error)
        assert failure.code == code
        assert str(tmp_path) not in failure.detail + failure.hint


def test_an_error_that_only_the_log_may_explain_is_in_it(caplog: pytest.LogCaptureFixture) -> None:
    failure = failure_of(CatalogDamagedError("/home/ana/photos is damaged"))
    assert "/home/ana" not in failure.detail + failure.hint
    assert "/home/ana" in caplog.text


def test_a_long_id_is_not_said_again_in_full() -> None:
    failure = unknown_image("a" * 5000)
    assert (failure.code, len(failure.detail) < 200) == ("unknown_image", True)


def raised(search: Callable[[], object]) -> TwinlensError:
    with pytest.raises(TwinlensError) as error:
        search()
    return error.value
