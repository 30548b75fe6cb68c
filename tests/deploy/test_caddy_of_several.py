"""``deploy/large/Caddyfile`` in front of several servers of one library: one may go at any time."""

import os
import re
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
import requests

from deploy.proxies import DEPLOY, PATIENCE_S, caddy, find, free_port
from rest.served_library import KEY, draw, server_of
from twinlens.api.library import Collection
from twinlens.rest.settings import Settings

pytestmark = [
    pytest.mark.server,
    pytest.mark.slow,
    pytest.mark.skipif(os.name == "nt", reason="Debian's Caddy is for Linux"),
]


def test_a_server_that_is_stopped_costs_no_answer_and_a_new_one_is_used(tmp_path: Path) -> None:
    find("caddy")
    draw(tmp_path / "photos" / "red.png", (200, 30, 30))
    with Collection.create([tmp_path / "photos"]) as collection:
        collection.index()
    port, ports = free_port(), [free_port(), free_port()]
    settings = [
        Settings(port=one, api_key=KEY, state_folder=str(tmp_path / "state"), trusted_proxies=("127.0.0.1",))
        for one in ports
    ]
    servers = " ".join(f"127.0.0.1:{one}" for one in ports)
    site, url = (DEPLOY / "large/Caddyfile").read_text(encoding="utf-8"), f"https://localhost:{port}"
    with (
        requests.Session() as session,
        ThreadPoolExecutor(4) as pool,
        server_of(tmp_path / "photos", settings[0]),
        caddy(site, tmp_path / "caddy", port=port, TWINLENS_SERVERS=servers),
    ):
        session.trust_env = False  # else a bundle of this machine's would be believed instead
        session.verify = str(tmp_path / "caddy/caddy/pki/authorities/local/root.crt")

        def asked(_: int) -> int:
            body, headers = {"query": "a red wall"}, {"X-API-Key": KEY}
            answer = session.post(f"{url}/api/search/text", json=body, headers=headers, timeout=60)
            return answer.status_code

        is_gone = threading.Event()

        def asked_until_it_is_gone(_: int) -> set[int]:
            answers = {asked(0)}
            while not is_gone.is_set():
                answers.add(asked(0))
            return answers

        # it would go on answering for minutes, and is let go when Caddy has noticed
        with server_of(tmp_path / "photos", replace(settings[1], drain_s=10 * PATIENCE_S)) as (second, address):
            assert set(pool.map(asked, range(12))) == {200}
            assert session.post(f"{url}/api/session", json={"key": KEY}, timeout=60).status_code == 200
            during = pool.map(asked_until_it_is_gone, range(4))
            second.should_exit = True
            try:
                until_noticed(address)
            finally:
                second.signal = signal.SIGINT  # ends the wait for proxies
        is_gone.set()
        assert set.union(*during) == {200}
        assert session.get(f"{url}/api/stats", timeout=60).status_code == 200  # signed in wherever the answer is from
        with server_of(tmp_path / "photos", settings[1]):
            assert set(pool.map(asked, range(12))) == {200}


def until_noticed(address: str) -> None:
    """Waits until Caddy has been told twice that a server is about to stop: it has acted on the first answer."""
    deadline = time.monotonic() + PATIENCE_S
    while True:
        counts = requests.get(f"{address}/metrics", headers={"X-API-Key": KEY}, timeout=60).text
        refused = re.search(r'^twinlens_requests_total\{.*"/readyz".*"503"\} (\S+)$', counts, re.MULTILINE)
        if refused and float(refused[1]) >= 2:
            return
        assert time.monotonic() < deadline, "Caddy has not asked whether the server is ready"
        time.sleep(0.05)
