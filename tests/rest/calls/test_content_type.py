"""What a body says it is."""

import pytest
from starlette.testclient import TestClient

from rest.served_library import code

JSON_ONLY = ("/api/search/text", "/api/search/batch", "/api/favourites", "/api/archive", "/api/archive/list")
BOTH = ("/api/search/image", "/api/search/captions")


@pytest.mark.parametrize("path", [*JSON_ONLY, *BOTH, "/api/session"])
@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "text/json", "image/png", ""])
def test_a_body_of_another_kind_is_415(client: TestClient, path: str, kind: str) -> None:
    answer = client.post(path, content=b'{"query": "a"}', headers={"Content-Type": kind})
    assert (answer.status_code, code(answer)) == (415, "unsupported_media_type")


@pytest.mark.parametrize("path", JSON_ONLY)
def test_a_form_is_415_where_only_json_is_read(client: TestClient, path: str) -> None:
    answer = client.post(path, files={"file": ("x.png", b"x")})
    assert (answer.status_code, code(answer)) == (415, "unsupported_media_type")


@pytest.mark.parametrize("kind", ["application/json", "Application/JSON; charset=utf-8", "application/problem+json"])
def test_json_by_any_of_its_names_is_read(client: TestClient, kind: str) -> None:
    answer = client.post("/api/search/text", content=b'{"query": "a"}', headers={"Content-Type": kind})
    assert answer.status_code == 200


@pytest.mark.parametrize("path", [*JSON_ONLY, *BOTH])
def test_json_that_is_none_or_of_another_shape_stays_422(client: TestClient, path: str) -> None:
    for body in (b"{", b"[]", b"7", b'"a"', b"{}"):
        answer = client.post(path, content=body, headers={"Content-Type": "application/json"})
        assert (answer.status_code, code(answer)) == (422, "invalid_request")


def test_a_compressed_body_is_415_and_told_what_is_read(client: TestClient) -> None:
    headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
    answer = client.post("/api/search/text", content=b"\x1f\x8b", headers=headers)
    assert (answer.status_code, code(answer)) == (415, "unsupported_media_type")
    assert answer.headers["accept-encoding"] == "identity"
