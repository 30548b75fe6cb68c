"""Names in ``Host``: ours, those that were allowed, and those that another site points at this machine."""

import socket
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from rest.served_library import KEY, client_of, code
from twinlens.rest.gate.hosts import Hosts
from twinlens.rest.settings import Settings


@pytest.mark.parametrize(
    "host",
    ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example", "", "localhost@evil.example", "[::1", "a b"],
)
def test_a_name_pointed_at_this_machine_by_another_site_is_refused(client: TestClient, host: str) -> None:
    answer = client.get("/api/image/black.png", headers={"Host": host})
    assert (answer.status_code, code(answer)) == (403, "host_not_allowed")


@pytest.mark.parametrize(
    "host", ["localhost", "localhost:5000", "127.0.0.1:5000", "[::1]:5000", "LOCALHOST.", "127.1.2.3"]
)
def test_names_of_this_machine_are_answered(client: TestClient, host: str) -> None:
    assert client.get("/health", headers={"Host": host}).status_code == 200


def test_without_a_key_no_site_can_point_its_name_at_a_server_that_others_reach(indexed: Path) -> None:
    own = socket.gethostname().partition(".")[0]
    named = Settings(host="0.0.0.0", insecure=True, allowed_hosts=("photos.example.org",))
    for made in (named, Settings(host="0.0.0.0", insecure=True)):
        with client_of(indexed, made, address="203.0.113.7") as client:
            for host in ("evil.example", "192.168.1.5.evil.example", f"{own}.evil.example", "2130706433", "evil.local"):
                answer = client.get("/api/image/black.png", headers={"Host": host})
                assert (answer.status_code, code(answer)) == (403, "host_not_allowed")
                assert "--allowed-host" in answer.json()["error"]["hint"]
            for host in ("192.168.1.5:5000", "[fd00::7]:5000", own, f"{own}.local:5000", own.upper(), "localhost"):
                assert client.get("/api/stats", headers={"Host": host}).status_code == 200


def test_with_a_key_any_name_will_do_until_one_is_named(indexed: Path) -> None:
    for hosts, status in (((), 200), (("photos.example.org",), 403)):
        with client_of(indexed, Settings(host="0.0.0.0", api_key=KEY, allowed_hosts=hosts)) as client:
            assert client.get("/health", headers={"Host": "nas.example.org"}).status_code == status
            assert client.get("/health", headers={"Host": "photos.example.org"}).status_code == 200


def test_a_proxys_name_is_answered_where_it_was_named(indexed: Path) -> None:
    with client_of(indexed, Settings(allowed_hosts=("photos.example.org", "*.home.arpa"))) as client:
        for host, status in (("photos.example.org", 200), ("a.home.arpa:80", 200), ("home.arpa", 403), ("x.org", 403)):
            assert client.get("/health", headers={"Host": host}).status_code == status


@pytest.mark.parametrize(
    ("settings", "ours", "others"),
    [
        (Settings(), ["localhost", "127.0.0.9:80", "[::1]", "x.localhost"], ["192.168.1.5", "photos.example.org"]),
        (Settings(allowed_hosts=("Photos.Example.org.",)), ["photos.example.org:5000"], ["example.org", "192.168.1.5"]),
        (Settings(allowed_hosts=("*.home.arpa",)), ["nas.home.arpa", "a.b.home.arpa"], ["home.arpa", "evilhome.arpa"]),
        (Settings(allowed_hosts=("*",)), ["any.example"], ["", "any.example:port"]),
        (Settings(host="0.0.0.0", api_key=KEY), ["192.168.1.5", "any.example"], [""]),
        (Settings(host="0.0.0.0", insecure=True), ["192.168.1.5", "[fd00::7]:80"], ["any.example", "192.168.1"]),
    ],
)
def test_a_server_knows_its_names(settings: Settings, ours: list[str], others: list[str]) -> None:
    hosts = Hosts(settings)
    assert [host for host in ours + others if hosts.know(host)] == ours
