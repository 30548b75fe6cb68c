"""The methods that each path takes."""

import pytest
from starlette.testclient import TestClient

from rest.served_library import code

METHODS = [
    ("/", "GET, HEAD, OPTIONS"),
    ("/static/js/main.js", "GET, HEAD, OPTIONS"),
    ("/health", "GET, HEAD, OPTIONS"),
    ("/api/favourites", "GET, HEAD, POST, OPTIONS"),
    ("/api/index", "GET, HEAD, POST, OPTIONS"),
    ("/api/index/events", "GET, OPTIONS"),
    ("/api/session", "GET, HEAD, POST, DELETE, OPTIONS"),
    ("/api/search/text", "POST, OPTIONS"),
    ("/api/image/black.png", "GET, HEAD, OPTIONS"),
    ("/api/image/black.png/thumbnail", "GET, HEAD, OPTIONS"),
]


@pytest.mark.parametrize(("path", "allowed"), METHODS)
def test_a_method_that_is_not_taken_is_told_those_that_are(client: TestClient, path: str, allowed: str) -> None:
    for method in ("PUT", "PATCH", "TRACE", "FIND"):
        answer = client.request(method, path)
        assert (answer.status_code, code(answer)) == (405, "method_not_allowed")
        assert answer.headers["allow"] == allowed


@pytest.mark.parametrize(("path", "allowed"), METHODS)
def test_options_lists_the_methods_of_a_path(client: TestClient, path: str, allowed: str) -> None:
    answer = client.options(path)
    assert (answer.status_code, answer.headers["allow"], answer.content) == (204, allowed, b"")


@pytest.mark.parametrize(("path", "allowed"), METHODS)
def test_a_path_takes_the_methods_that_it_lists(client: TestClient, path: str, allowed: str) -> None:
    for method in set(allowed.split(", ")) - {"POST"}:  # not to start anything
        if path != "/api/index/events":  # has no end
            assert client.request(method, path).status_code in (200, 204)


def test_a_path_that_does_not_exist_stays_404(client: TestClient) -> None:
    for method in ("PUT", "OPTIONS"):
        assert client.request(method, "/nothing").status_code == 404
