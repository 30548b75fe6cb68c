"""The page's files and the list of calls."""

import base64
import hashlib
import io
import re
import shutil
from importlib import import_module
from pathlib import Path
from typing import Annotated

import pytest
from fastapi import FastAPI, Query
from PIL import Image, ImageChops, ImageStat
from starlette.testclient import TestClient

from twinlens.rest import page
from twinlens.rest.app import SMALL_BYTES
from twinlens.rest.calls.schemas.library import Health
from twinlens.rest.page import STATIC, add_page, static_version

SCRIPTS = STATIC / "js"


def test_docs_list_every_call_and_need_no_network(client: TestClient) -> None:
    shown = client.get("/docs").text
    for path in client.get("/openapi.json").json()["paths"]:
        assert path in shown
    for outside in ("<script", "<link", "src=", "url("):
        assert outside not in shown


def test_files_of_the_page_are_asked_about_each_time(client: TestClient) -> None:
    answer = client.get("/static/js/main.js")
    assert answer.headers["cache-control"] == "no-cache"
    assert answer.headers["content-type"].startswith("text/javascript")
    again = client.get("/static/js/main.js", headers={"If-None-Match": answer.headers["etag"]})
    assert again.status_code == 304


def test_files_that_the_page_names_are_kept_for_good(client: TestClient) -> None:
    shown = client.get("/")
    named = re.findall(r'="(static/[^"]+)"', shown.text)
    assert len(named) > 20
    for address in named:
        answer = client.get(f"/{address}")
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert static_version() in address
    assert client.get("/static/0123456789ab/js/main.js").status_code == 404  # not of this release
    assert client.get("/", headers={"If-None-Match": shown.headers["etag"]}).status_code == 304


ENTRIES = {"/": "main.js", "/share": "shared/page.js"}
STATED = re.compile(r'^(?:import|export) [^;]*?"(\.[^"]+)";', re.MULTILINE)
LATE = re.compile(r'\bimport\("(\.[^"]+)"\)(?!\.[A-Z])')  # in comments types are named in the same way


def test_all_scripts_that_a_page_begins_with_are_asked_for_at_once(client: TestClient) -> None:
    for path, entry in ENTRIES.items():
        shown = client.get(path).text
        assert f'<script type="module" src="static/{static_version()}/js/{entry}">' in shown
        asked = re.findall(r'rel="modulepreload"(?: fetchpriority="low")? href="static/[^"]*/js/([^"]+)"', shown)
        assert asked == sorted(imported_by(entry) - {entry})


def test_every_script_is_used_by_a_page() -> None:
    used = set().union(
        *(imported_by(one, STATED, LATE) for one in (*ENTRIES.values(), "offline/page.js", "libraries.js"))
    )
    plain = {"theme.js", "language.js", "early.js"}
    assert used == {file.relative_to(SCRIPTS).as_posix() for file in SCRIPTS.rglob("*.js")} - plain


def test_what_is_imported_late_is_not_imported_at_the_start_too() -> None:
    first = imported_by("main.js")
    for name in first:
        assert not imports_of(name, LATE) & first, f"{name}: what main.js begins with is not a late part"


def imported_by(entry: str, *ways: re.Pattern[str]) -> set[str]:
    """A script, and all that it imports in these ways, directly or not; by default with import statements."""
    found, waiting = set[str](), [entry]
    while waiting:
        found.add(name := waiting.pop())
        waiting += set().union(*(imports_of(name, way) for way in ways or (STATED,))) - found
    return found


def imports_of(name: str, way: re.Pattern[str]) -> set[str]:
    """What one script imports in one way."""
    addresses = way.findall((SCRIPTS / name).read_text(encoding="utf-8"))
    return {(SCRIPTS / name).parent.joinpath(one).resolve().relative_to(SCRIPTS).as_posix() for one in addresses}


def test_the_first_paint_waits_for_no_other_file(client: TestClient) -> None:
    for path in ENTRIES:
        answer = client.get(path)
        head = answer.text.partition("</head>")[0]
        assert not re.findall(r'rel="stylesheet"|<script src', head)
        policy = answer.headers["content-security-policy"]
        written = re.findall(r"<(style|script)(?: data-from=[^>]*)?>(.*?)</\1>", head, re.DOTALL)
        assert {kind for kind, _ in written} == {"style", "script"}
        for kind, text in written:
            mark = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
            allowed = next(one for one in policy.split("; ") if one.startswith(f"{kind}-src"))
            assert f"'sha256-{mark}'" in allowed
            assert "unsafe" not in allowed
    sheets = (STATIC / "css" / name for name in ("base.css", "grid.css"))
    assert all(file.read_text("utf-8") in client.get("/").text for file in sheets)


def test_every_icon_is_drawn_once_and_used() -> None:
    texts = "".join(file.read_text(encoding="utf-8") for file in STATIC.rglob("*") if file.suffix in (".html", ".js"))
    drawn = re.findall(r'<symbol id="icon-(\w+)"', texts)
    assert len(drawn) == len(set(drawn))
    named = {name for name in drawn if f'"#icon-{name}"' in texts or re.search(rf'[("\s]"?{name}"', texts)}
    assert set(drawn) == named
    for sheet in STATIC.glob("*.html"):
        shapes = re.findall(r'<path d="([^"]+)"', sheet.read_text(encoding="utf-8"))
        assert len(shapes) == len(set(shapes)), sheet.name


def test_addresses_in_the_page_are_relative_so_that_they_hold_below_a_path() -> None:
    for file in STATIC.rglob("*"):
        if file.suffix in (".html", ".js", ".css"):
            absolute = re.findall(r"""["'`(=]/(?:api|static|docs|health)\b""", file.read_text(encoding="utf-8"))
            assert absolute == [], file


def test_another_release_is_another_address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    copied = Path(shutil.copytree(STATIC, tmp_path / "static"))
    monkeypatch.setattr(page, "STATIC", copied)
    static_version.cache_clear()
    before = static_version()
    (copied / "js" / "dom.js").write_text("// changed")
    static_version.cache_clear()
    assert static_version() != before
    monkeypatch.undo()
    static_version.cache_clear()


@pytest.mark.parametrize("path", ["/", "/docs", "/openapi.json", "/static/js/main.js", "/api/photo/black.png"])
def test_text_is_packed_for_who_can_unpack_it(client: TestClient, path: str) -> None:
    plain = client.get(path, headers={"Accept-Encoding": "identity"})
    packed = client.get(path, headers={"Accept-Encoding": "gzip, deflate, br"})
    assert packed.content == plain.content  # the client has unpacked it
    assert "content-encoding" not in plain.headers
    if len(plain.content) >= SMALL_BYTES:
        assert packed.headers["content-encoding"] == "gzip"
        assert "Accept-Encoding" in packed.headers["vary"]
        assert int(packed.headers["content-length"]) < len(plain.content) / 2


@pytest.mark.parametrize(
    "path", ["/api/image/black.png", "/api/image/turned.jpg", "/api/image/black.png/thumbnail?size=256"]
)
def test_pictures_are_not_packed_again(client: TestClient, path: str) -> None:
    assert "content-encoding" not in client.get(path, headers={"Accept-Encoding": "gzip"}).headers


def test_a_batch_is_packed_and_an_archive_is_not(client: TestClient) -> None:
    batch = client.post("/api/search/batch", json={"queries": ["a wall"] * 9}, headers={"Accept-Encoding": "gzip"})
    assert (batch.headers["content-encoding"], batch.json()["num_queries"]) == ("gzip", 9)
    archive = client.post("/api/archive", json={"image_ids": ["black.png"]}, headers={"Accept-Encoding": "gzip"})
    assert "content-encoding" not in archive.headers


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
    shown = TestClient(app).get("/docs")
    for markup in ("<b>title", "<script>", "<img", "<i>none", "<u>name"):
        assert markup not in shown.text
        assert markup.replace("<", "&lt;").replace(">", "&gt;") in shown.text
    assert "default-src 'none'" in shown.headers["content-security-policy"]
    assert "<a href='#Health'>Health</a>" in shown.text


def test_the_page_can_be_installed_with_icons_that_are_small(client: TestClient) -> None:
    shown = client.get("/").text
    assert '<link rel="manifest" href="manifest.webmanifest"' in shown
    manifest = client.get("/manifest.webmanifest")
    assert manifest.headers["content-type"].startswith("application/manifest+json")
    told = manifest.json()
    assert (told["start_url"], told["scope"], told["display"]) == ("./", "./", "standalone"), "holds below a path, too"
    size = 0
    for icon in told["icons"]:
        answer = client.get(f"/{icon['src']}")
        assert answer.headers["content-type"] == icon["type"]
        if icon["type"] == "image/png":
            assert "{}x{}".format(*Image.open(io.BytesIO(answer.content)).size) == icon["sizes"]
        size += len(answer.content)
    assert size < 60_000


def test_the_icons_are_drawn_from_the_logo(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(Path(__file__).parents[2] / "scripts"))
    icons = import_module("icons")
    for name, (size, is_masked) in icons.ICONS.items():
        kept = Image.open(STATIC / "icons" / name).convert("RGBA")
        drawn = icons.draw(size, is_masked=is_masked)
        assert ImageStat.Stat(ImageChops.difference(kept, drawn)).mean < [4] * 4, "run: python scripts/icons.py"


def test_the_worker_is_that_of_this_release_and_keeps_no_answer_of_a_library(client: TestClient) -> None:
    worker = client.get("/service-worker.js")
    assert worker.headers["content-type"].startswith("text/javascript")
    assert worker.headers["cache-control"] == "no-cache"
    assert f'const VERSION = "{static_version()}";' in worker.text
    named = re.search(r"const FILES = \[(.*?)\]", worker.text)
    assert named is not None
    kept = ["offline.html", *re.findall(r'"([^"]+)"', named[1])]
    scripts = {f"js/{one}" for one in imported_by("offline/page.js")} | {"js/language.js"}
    assert set(kept) == {"offline.html", "css/offline.css"} | scripts
    assert "[`texts/${language}.json`]" in worker.text  # the language of the page that asks for the worker
    assert all(client.get(f"/static/{static_version()}/{name}").status_code == 200 for name in kept)
    assert "cache.put" not in worker.text
