"""A Ray cluster on this machine, shared by all tests of a process, and what its workers need of the tests."""

import os
import sys
import warnings
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest

import colour_encoder
from twinlens.cluster.connection import Cluster

SETTINGS = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    "RAY_AUTH_MODE": "disabled",
    "RAY_worker_niceness": "0",  # its workers would wait for other tests
    # a busy machine makes nobody look dead
    "RAY_health_check_timeout_ms": "300000",
    "RAY_worker_register_timeout_seconds": "600",
    "RAY_gcs_server_request_timeout_seconds": "600",
}
NODE = {"object_store_memory": 100_000_000, "include_dashboard": False}


class TwoNodes:
    """A Ray cluster of two machines, both of them this one; the second has one CPU and may be killed."""

    def __init__(self, made: Any) -> None:
        self.made, self.address = made, made.address
        self.second: Any = None

    def add_second(self) -> str:
        """Starts the second machine if it is not there; its id."""
        if self.second is None:
            self.second = self.made.add_node(num_cpus=1, **NODE)
        node_id: str = self.second.node_id
        return node_id

    def kill_second(self) -> None:
        """Kills all processes of the second machine."""
        self.made.remove_node(self.second, allow_graceful=False)
        self.second = None


@pytest.fixture(scope="session")
def two_nodes() -> Iterator[TwoNodes]:
    """One node with two CPUs, to which this process belongs; a test adds the second."""
    os.environ.update(SETTINGS)
    ray = pytest.importorskip("ray")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Ray's own
        from ray.cluster_utils import Cluster as RayCluster

        made = RayCluster(initialize_head=True, head_node_args={"num_cpus": 2, **NODE})
        ray.init(address=made.address, log_to_driver=False, logging_level="ERROR")
    _send_by_value(ray, colour_encoder)
    yield TwoNodes(made)
    ray.shutdown()
    made.shutdown()


@pytest.fixture
def cluster(two_nodes: TwoNodes, request: pytest.FixtureRequest) -> Iterator[Cluster]:
    """A connection with two workers; what the test's module defines is sent to them."""
    import ray

    _send_by_value(ray, sys.modules[request.module.__name__])
    with Cluster(two_nodes.address, workers=2) as connected:
        yield connected


def _send_by_value(ray: Any, module: ModuleType) -> None:
    """Workers cannot import the tests."""
    if module.__name__ not in ray.cloudpickle.list_registry_pickle_by_value():
        ray.cloudpickle.register_pickle_by_value(module)
