"""The library behind a server: the same as the collection itself, and errors in one line."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from apps.conftest import OpenPage
from apps.streamlit.test_streamlit_app import results
from rest.conftest import Serve, serve  # noqa: F401 — a fixture
from rest.served_library import ODD_NAME
from twinlens.api.library import Collection
from twinlens.apps.libraries.library import SearchOptions
from twinlens.apps.libraries.served.rest_client import RestClient
from twinlens.apps.libraries.served.served_library import ServedLibrary
from twinlens.errors import CollectionError, QueryError

KEY = "a-key-of-more-than-sixteen-letters"


@pytest.mark.server
def test_the_page_searches_a_server_with_its_key(
    open_page: OpenPage,
    serve: Serve,  # noqa: F811
    indexed: Path,
) -> None:
    picture = indexed / "beach" / "red.png"
    with Collection.open(indexed) as collection:
        by_words = collection.search("a green meadow", k=5)
        similar = [hit.id for hit in collection.similar(picture, include_query_photo=True)]
        captions = [hit.caption for hit in collection.caption(picture)]
    with serve(indexed, "--api-key", KEY) as served:
        library = ServedLibrary(RestClient(served.url, key=KEY))
        found = library.by_words("a green meadow", SearchOptions(k=5, show_all=True))
        assert [hit.id for hit in found.hits] == [hit.id for hit in by_words]
        assert [hit.relevant for hit in found.hits] == [hit.relevant for hit in by_words]
        assert [hit.score for hit in found.hits] == pytest.approx([hit.score for hit in by_words], abs=1e-5)
        assert [hit.caption for hit in library.captions_of(picture.read_bytes(), SearchOptions()).hits] == captions
        assert library.thumbnail(ODD_NAME)[:3] == b"\xff\xd8\xff"
        assert library.card().num_captions == 3
        with pytest.raises(QueryError, match="top_k"):
            library.by_words("red", SearchOptions(k=100_000))
        with pytest.raises(CollectionError, match="TWINLENS_API_KEY"):
            ServedLibrary(RestClient(served.url, key="another")).card()
        page = open_page(server=served.url, api_key=KEY)
        page.selectbox("show").set_value("All photos")
        page.file_uploader("picture").upload("mine.png", picture.read_bytes(), "image/png").run()
        assert not page.exception
        assert not page.error
        assert results(page) == similar
        page = open_page(server=served.url)
        assert "TWINLENS\\_API\\_KEY" in page.error[0].value


@contextmanager
def answering(status: int, body: bytes, **headers: str) -> Iterator[tuple[str, list[str | None]]]:
    """A server that gives one answer to all, and the keys that it was shown."""
    keys: list[str | None] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            keys.append(self.headers.get("X-API-Key"))
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET  # noqa: N815 — the base class wants this name

        def log_message(self, format: str, *args: object) -> None: ...  # noqa: A002

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", keys
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.parametrize("body", [b"<html>", b"[]", b"{}", b'{"num_images": "many"}'])
def test_what_is_no_server_of_ours_is_named(body: bytes) -> None:
    with answering(200, body) as (url, _), pytest.raises(CollectionError, match=url):
        ServedLibrary(RestClient(url)).card()
    with answering(500, body) as (url, _), pytest.raises(CollectionError, match="status 500"):
        ServedLibrary(RestClient(url)).card()


def test_a_key_that_may_not_search_is_told_what_it_lacks() -> None:
    told = {"code": "missing_scope", "message": "the key 'nightly' may not do this", "hint": "use another key"}
    with answering(403, json.dumps({"error": told}).encode()) as (url, _), pytest.raises(CollectionError) as error:
        ServedLibrary(RestClient(url, key=KEY)).card()
    assert "'nightly' may not do this; use another key" in str(error.value)


def test_a_redirect_never_carries_the_key_away() -> None:
    with answering(200, b"{}") as (other, seen), answering(302, b"", Location=other) as (url, keys):
        with pytest.raises(CollectionError, match="status 302"):
            ServedLibrary(RestClient(url, key=KEY)).card()
        assert keys == [KEY]
        assert seen == []


@pytest.mark.parametrize(("ids", "gone"), [(["a.jpg", "b/a.jpg"], []), (["photos/a.jpg", "other/a.jpg"], [2])])
def test_what_is_missing_is_told_as_the_server_tells_it(ids: list[str], gone: list[int]) -> None:
    results = [
        {"rank": rank, "image_id": one, "image_path": one, "score": 0.5, "probability": None, "relevant": None}
        | {"missing": True}
        for rank, one in enumerate(ids, start=1)
    ]
    told = {"results": results, "num_candidates": 2, "num_matches": None, "model": "m", "took_ms": 1.0}
    body = json.dumps({**told, "missing_folders": ["photos"]}).encode()
    with answering(200, body) as (url, _):
        answer = ServedLibrary(RestClient(url)).by_words("red", SearchOptions())
    assert [hit.is_missing for hit in answer.hits] == [True, True]
    assert list(answer.absent_folders.values()) == ["photos"]
    assert [hit.rank for hit in answer.gone] == gone
