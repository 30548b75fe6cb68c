"""Clients and proxies close idle connections before the server does, whose closing could meet a request on its way."""

import re
from pathlib import Path

import httpx
import pytest

from twinlens.rest.process.server import IDLE_S

DEPLOY = Path(__file__).parents[2] / "deploy"


@pytest.mark.parametrize(
    ("file", "setting"), [("nginx.conf", r"^\tkeepalive_timeout (\d+)s;"), ("Caddyfile", r"^\s*keepalive (\d+)s ")]
)
def test_a_proxy_closes_idle_connections_first(file: str, setting: str) -> None:
    (seconds,) = re.findall(setting, (DEPLOY / file).read_text("utf-8"), re.MULTILINE)
    assert int(seconds) < IDLE_S


def test_so_does_a_python_client() -> None:
    """With httpx as it is; the server's limit was the same 5 s, and now and then a request was lost."""
    pool = httpx.HTTPTransport()._pool
    assert pool._keepalive_expiry is not None
    assert pool._keepalive_expiry < IDLE_S
