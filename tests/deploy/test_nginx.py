"""``deploy/nginx.conf``, as Debian's nginx runs it in front of a server."""

import os
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests

from deploy.proxies import Certificate, SignIn, find, free_port, nginx, shipped_nginx
from rest.served_library import KEY, PHOTOS, draw, server_of
from twinlens.api.library import Collection
from twinlens.rest.settings import Settings

pytestmark = [pytest.mark.server, pytest.mark.skipif(os.name == "nt", reason="nginx is for Unix here")]
QUERY = {"query": "a red wall", "top_k": 2}


@dataclass(frozen=True)
class Site:
    url: str
    session: requests.Session
    sign_in: SignIn


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("behind-nginx") / "photos"
    for number, (name, colour) in enumerate(PHOTOS.items()):
        draw(root / name, colour, seed=number)
    with Collection.create([root]) as collection:
        collection.index()
    return root


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return Certificate.make(tmp_path_factory.mktemp("certificate"))


@pytest.fixture(scope="module")
def site(library: Path, certificate: Certificate, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    find("nginx")
    folder, port = tmp_path_factory.mktemp("nginx"), free_port()
    behind = Settings(port=0, api_key=KEY, allowed_hosts=("photos.example.org",), trusted_proxies=("127.0.0.1",))
    with server_of(library, behind) as (_, url), SignIn() as sign_in, requests.Session() as session:
        server = int(url.rpartition(":")[2])
        text = shipped_nginx(folder, certificate, port=port, server=server, sign_in=sign_in.port, key=KEY)
        session.trust_env = False  # else a bundle of this machine's would be believed instead
        session.verify = str(certificate.certificate)
        with nginx(text, folder, port=port):
            yield Site(f"https://localhost:{port}", session, sign_in)


def test_nginx_understands_the_shipped_file(certificate: Certificate, tmp_path: Path) -> None:
    text = shipped_nginx(tmp_path, certificate, port=free_port(), server=5000, sign_in=4180, key=KEY)
    (tmp_path / "nginx.conf").write_text("events {}\nhttp {\n" + text + "\n}\n")
    line = [find("nginx"), "-t", "-p", tmp_path, "-c", tmp_path / "nginx.conf", "-e", tmp_path / "error.log"]
    options = ["-g", f"pid {tmp_path}/pid;"]
    said = subprocess.run([str(part) for part in [*line, *options]], capture_output=True, text=True, check=False).stderr
    assert "unknown directive" not in said
    assert "[emerg] unknown" not in said
    assert "syntax is ok" in said, said


def test_the_page_its_files_and_a_search_come_through(site: Site) -> None:
    page = site.session.get(f"{site.url}/", timeout=60)
    assert page.status_code == 200
    for address in [part.split('"')[0] for part in page.text.split('="static/')[1:]]:
        answer = site.session.get(f"{site.url}/static/{address}", timeout=60)
        assert answer.status_code == 200
        assert "immutable" in answer.headers["cache-control"]
    headers = {"Origin": site.url}  # with its port
    answer = site.session.post(f"{site.url}/api/search/text", json=QUERY, headers=headers, timeout=60)
    assert answer.json()["num_results"] == 2
    assert site.session.get(f"{site.url}/metrics", timeout=60).status_code == 404


def test_three_thousand_thumbnails_come_without_one_error(site: Site) -> None:
    address = f"{site.url}/api/image/black.png/thumbnail?size=256"
    with ThreadPoolExecutor(16) as clients:
        answers = list(clients.map(lambda _: site.session.get(address, timeout=60).status_code, range(3000)))
    assert answers.count(200) == 3000


def test_who_is_not_signed_in_is_sent_there(site: Site) -> None:
    site.sign_in.lets_in = False
    try:
        answer = site.session.get(f"{site.url}/api/stats", allow_redirects=False, timeout=60)
    finally:
        site.sign_in.lets_in = True
    assert answer.status_code == 302
    assert answer.headers["location"].endswith(f"/oauth2/sign_in?rd={site.url}/api/stats")


@pytest.mark.parametrize("megabytes", [32.5, 40])
def test_a_body_over_the_limit_is_413_in_json(site: Site, megabytes: float) -> None:
    files = {"file": ("large.png", b"x" * int(megabytes * 1e6))}
    answer = site.session.post(f"{site.url}/api/search/image", files=files, timeout=120)
    assert answer.status_code == 413
    assert answer.json()["error"]["code"] == "body_too_large"


def test_too_many_calls_are_429_in_json(site: Site) -> None:
    with ThreadPoolExecutor(16) as clients:
        answers = list(clients.map(lambda _: site.session.get(f"{site.url}/api/session", timeout=60), range(1200)))
    refused = [answer for answer in answers if answer.status_code != 200]
    assert refused
    assert {(one.status_code, one.json()["error"]["code"]) for one in refused} == {(429, "too_many_requests")}
    assert all(int(one.headers["retry-after"]) > 0 for one in refused)


def test_a_server_that_does_not_answer_is_503_in_json(certificate: Certificate, tmp_path: Path) -> None:
    port = free_port()
    with SignIn() as sign_in:
        text = shipped_nginx(tmp_path, certificate, port=port, server=free_port(), sign_in=sign_in.port, key=KEY)
        with nginx(text, tmp_path, port=port):
            answer = requests.get(f"https://localhost:{port}/", verify=str(certificate.certificate), timeout=60)
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "starting")
