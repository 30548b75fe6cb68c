"""The page's files and the list of calls."""

from typing import Annotated

from fastapi import FastAPI, Query
from starlette.testclient import TestClient

from twinlens.rest.calls.schemas import Health
from twinlens.rest.page import add_page


def test_docs_list_every_call_and_need_no_network(client: TestClient) -> None:
    page = client.get("/docs").text
    for path in client.get("/openapi.json").json()["paths"]:
        assert path in page
    for outside in ("<script", "<link", "src=", "url("):
        assert outside not in page


def test_files_of_the_page_are_asked_about_each_time(client: TestClient) -> None:
    answer = client.get("/static/js/main.js")
    assert answer.headers["cache-control"] == "no-cache"
    assert answer.headers["content-type"].startswith("text/javascript")
    again = client.get("/static/js/main.js", headers={"If-None-Match": answer.headers["etag"]})
    assert again.status_code == 304


def test_the_page_is_kept_and_asked_about_and_loads_nothing_of_others(client: TestClient) -> None:
    answer = client.get("/")
    assert answer.headers["content-type"].startswith("text/html")
    assert answer.headers["cache-control"] == "no-cache"
    assert "script-src 'self'" in answer.headers["content-security-policy"]
    for outside in ("http://", "https://", "//cdn"):
        assert outside not in answer.text.replace("http://www.w3.org/", "")


def test_what_describes_a_call_is_shown_as_text() -> None:
    app = FastAPI(title="<b>title</b>", description="<script>alert(1)</script>", docs_url=None)

    @app.get("/odd", description="<img src=x>", responses={404: {"description": "<i>none</i>"}})
    async def odd(name: Annotated[str, Query(description="<u>name</u>")]) -> Health:
        raise AssertionError(name)

    add_page(app)
    page = TestClient(app).get("/docs")
    for markup in ("<b>title", "<script>", "<img", "<i>none", "<u>name"):
        assert markup not in page.text
        assert markup.replace("<", "&lt;").replace(">", "&gt;") in page.text
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert "<a href='#Health'>Health</a>" in page.text
