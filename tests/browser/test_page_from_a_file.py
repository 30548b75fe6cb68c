"""A page of somebody's own, written for the published interface and opened from a file."""

from pathlib import Path

import pytest

from browser.conftest import OpenPage
from browser.served_page import ServedPage, until

pytestmark = [pytest.mark.server, pytest.mark.browser]
# what the interface's document says of its web_interface.html: search, example queries, a grid with scores, statistics
OWN_PAGE = """<!doctype html>
<meta charset="utf-8"><title>Image-Text Retrieval</title>
<input id="query"><button id="search">Search</button>
<p id="stats"></p><p id="fault"></p><div id="results"></div>
<script>
const API = "http://localhost:PORT";
const show = (id, text) => { document.getElementById(id).textContent = text; };
fetch(`${API}/api/stats`).then((answer) => answer.json()).then(
  (stats) => { show("stats", `${stats.num_images} images, ${stats.embedding_dim} dimensions`); },
  (error) => { show("fault", error.message); },
);
document.getElementById("search").addEventListener("click", async () => {
  const body = JSON.stringify({ query: document.getElementById("query").value, top_k: 5 });
  const headers = { "Content-Type": "application/json" };
  const answer = await fetch(`${API}/api/search/text`, { method: "POST", headers, body });
  for (const { image_id, rank, score } of (await answer.json()).results) {
    const picture = document.createElement("img");
    picture.src = `${API}/api/image/${encodeURIComponent(image_id)}/thumbnail?size=256`;
    picture.alt = `${rank}: ${score.toFixed(4)}`;
    document.getElementById("results").append(picture);
  }
});
</script>
"""


def written(folder: Path, port: int) -> str:
    file = folder / "web_interface.html"
    file.write_text(OWN_PAGE.replace("PORT", str(port)), encoding="utf-8")
    return file.as_uri()


def test_a_page_from_a_file_works_where_the_flag_allows_it(open_page: OpenPage, drawn: Path, tmp_path: Path) -> None:
    served = ServedPage(drawn, "--cors-origin", "null")
    try:
        page = open_page(written(tmp_path, served.port), wait=False)
        until(page, "document.getElementById('stats').textContent.startsWith('29 images')")
        page.fill("#query", "a red square")
        page.click("#search")
        until(page, "document.querySelectorAll('img').length === 5")
        until(page, "[...document.querySelectorAll('img')].every((one) => one.complete && one.naturalWidth > 0)")
    finally:
        served.stop()


def test_a_page_from_a_file_is_told_nothing_by_default(open_page: OpenPage, site: str, tmp_path: Path) -> None:
    page = open_page(written(tmp_path, int(site.rpartition(":")[2])), wait=False)
    until(page, "document.getElementById('fault').textContent !== ''")
    assert page.text_content("#stats") == ""
