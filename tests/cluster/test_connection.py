"""An address that is none, a cluster that is not there, and a missing package are told in one line."""

import socket
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from cluster.conftest import TwoNodes
from twinlens.cli.main import app
from twinlens.cluster import address as address_module
from twinlens.cluster.connection import Cluster
from twinlens.errors import ClusterError, ConfigError


@pytest.mark.parametrize("address", ["", "nonsense", "http://here:1", "ray://here", "here:port", "ray://here:1/path"])
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(ConfigError, match="give local, auto, HOST:PORT or ray://HOST:PORT"):
        Cluster(address)


def test_without_ray_the_package_is_named_and_no_collection_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    done = CliRunner().invoke(app, ["index", str(tmp_path), "--on", "local"])
    assert done.exit_code == 1
    assert done.stderr == "error: --on needs Ray, which is not installed; pip install 'twinlens[ray]'\n"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("scheme", ["", "ray://"])
def test_a_cluster_that_is_not_there_is_told_soon(tmp_path: Path, scheme: str) -> None:
    pytest.importorskip("ray")
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))  # nobody listens there
        address = f"{scheme}127.0.0.1:{bound.getsockname()[1]}"
        done = CliRunner().invoke(app, ["index", str(tmp_path), "--on", address])
    assert done.exit_code == 1
    assert done.stderr == (
        f"error: Ray at {address} cannot be reached: Connection refused; is it running ('ray status') there?\n"
    )
    assert list(tmp_path.iterdir()) == []


def test_a_port_of_something_else_is_told_too(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("ray")
    monkeypatch.setattr(address_module, "REACH_S", 1.0)
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        with pytest.raises(ClusterError, match="is not Ray; give local, auto"):
            Cluster(f"127.0.0.1:{other.getsockname()[1]}")


@contextmanager
def guarded(method: str) -> Iterator[str]:
    """The address of a server that has one method of Ray's, and wants a token for it, as Ray does."""
    grpc = pytest.importorskip("grpc")

    def refuse(_request: bytes, context: Any) -> None:
        context.abort(grpc.StatusCode.UNAUTHENTICATED, "Invalid or missing authentication token")

    service, name = method.split("/")
    server = grpc.server(ThreadPoolExecutor(1))
    handler = grpc.method_handlers_generic_handler(service, {name: grpc.unary_unary_rpc_method_handler(refuse)})
    server.add_generic_rpc_handlers((handler,))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield f"127.0.0.1:{port}"
    finally:
        server.stop(None).wait()


OF_CLIENTS, OF_NODES = "ray.rpc.RayletDriver/ClusterInfo", "ray.rpc.NodeInfoGcsService/CheckAlive"


@pytest.mark.parametrize(("method", "scheme"), [(OF_CLIENTS, "ray://"), (OF_NODES, "")])
def test_a_token_that_is_wanted_is_told_at_once(method: str, scheme: str, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("ray")
    monkeypatch.delenv("RAY_AUTH_MODE", raising=False)
    with guarded(method) as found:
        with pytest.raises(ClusterError, match="asks for a token; set RAY_AUTH_MODE=token, and RAY_AUTH_TOKEN to what"):
            Cluster(scheme + found)
        monkeypatch.setenv("RAY_AUTH_MODE", "token")
        host, port = found.split(":")
        assert address_module.reach(scheme + found, host, int(port))  # Ray sends it


def test_a_token_that_only_this_machine_has_is_told(two_nodes: TwoNodes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAY_AUTH_MODE", "token")
    with pytest.raises(ClusterError, match="has no token, but this machine has one; set RAY_AUTH_MODE=disabled"):
        Cluster(two_nodes.address)


@pytest.mark.parametrize(("method", "scheme", "wanted"), [(OF_CLIENTS, "", "with"), (OF_NODES, "ray://", "without")])
def test_the_port_of_the_other_kind_of_address_is_told(method: str, scheme: str, wanted: str) -> None:
    pytest.importorskip("ray")
    with guarded(method) as found, pytest.raises(ClusterError, match=f"is for addresses {wanted} ray://"):
        Cluster(scheme + found)


def test_options_that_do_not_go_together_are_refused(tmp_path: Path) -> None:
    for line in (
        ["index", str(tmp_path), "--workers", "2"],
        ["index", str(tmp_path), "--on", "local", "--watch"],
        ["models", "benchmark", "--workers", "2"],
        ["evaluate", "--embeddings", "x.npz", "--on", "local"],
        ["train", "x.toml", "--data", str(tmp_path), "--on", "local", "--seeds", "2"],
    ):
        assert CliRunner().invoke(app, line).exit_code == 2, line


def test_a_cluster_without_free_cpus_is_no_machine(two_nodes: TwoNodes, monkeypatch: pytest.MonkeyPatch) -> None:
    import ray

    monkeypatch.setattr(ray, "cluster_resources", dict)
    with pytest.raises(ClusterError, match="has no CPUs to work with"):
        Cluster(two_nodes.address)
