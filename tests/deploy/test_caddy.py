"""``deploy/Caddyfile``, as Debian's Caddy runs it in front of a server."""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests

from deploy.proxies import DEPLOY, caddy, find, free_port
from rest.sending import answer_while_sending
from rest.served_library import KEY, PHOTOS, draw, server_of
from twinlens.api.library import Collection
from twinlens.rest.settings import Settings

pytestmark = [pytest.mark.server, pytest.mark.skipif(os.name == "nt", reason="Debian's Caddy is for Linux")]


@dataclass(frozen=True)
class Site:
    url: str
    server: str
    session: requests.Session


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    find("caddy")
    root = tmp_path_factory.mktemp("behind-caddy") / "photos"
    for number, (name, colour) in enumerate(PHOTOS.items()):
        draw(root / name, colour, seed=number)
    with Collection.create([root]) as collection:
        collection.index()
    folder, port = tmp_path_factory.mktemp("caddy"), free_port()
    behind = Settings(port=0, api_key=KEY, trusted_proxies=("127.0.0.1",))
    with server_of(root, behind) as (_, url), requests.Session() as session:
        server = url.removeprefix("http://").replace("localhost", "127.0.0.1")
        with caddy((DEPLOY / "Caddyfile").read_text(), folder, port=port, TWINLENS_SERVER=server):
            session.trust_env = False  # else a bundle of this machine's would be believed instead
            root_of_trust = folder / "caddy/pki/authorities/local/root.crt"
            session.verify, session.headers["X-API-Key"] = str(root_of_trust), KEY
            yield Site(f"https://localhost:{port}", server, session)


def test_the_page_and_a_search_come_through(site: Site) -> None:
    page = site.session.get(f"{site.url}/", timeout=60)
    assert ">twinlens</title>" in page.text
    assert page.headers["strict-transport-security"]
    query = {"query": "a red wall", "top_k": 2}
    answer = site.session.post(f"{site.url}/api/search/text", json=query, headers={"Origin": site.url}, timeout=60)
    assert answer.json()["num_results"] == 2
    assert site.session.get(f"{site.url}/metrics", timeout=60).status_code == 404


def test_the_cookie_is_for_tls_only(site: Site) -> None:
    answer = site.session.post(f"{site.url}/api/session", json={"key": KEY}, timeout=60)
    assert "; Secure" in answer.headers["set-cookie"]


@pytest.mark.thorough
def test_three_thousand_thumbnails_come_without_one_error(site: Site) -> None:
    address = f"{site.url}/api/image/black.png/thumbnail?size=256"
    with ThreadPoolExecutor(16) as clients:
        answers = list(clients.map(lambda _: site.session.get(address, timeout=60).status_code, range(3000)))
    assert answers.count(200) == 3000


def test_a_body_over_the_limit_is_413_in_json(site: Site, tmp_path: Path) -> None:
    port = free_port()  # without TLS, so that a plain socket can read while it sends, as browsers do
    with caddy(
        (DEPLOY / "Caddyfile").read_text(),
        tmp_path,
        port=port,
        is_tls=False,
        TWINLENS_DOMAIN=f"http://localhost:{port}",
        TWINLENS_SERVER=site.server,
    ):
        answer = answer_while_sending(port, "/api/search/image", 40_000_000, host=f"localhost:{port}", key=KEY)
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 413"), answer[:500]
    assert b'"body_too_large"' in body
