"""A Ray cluster that computes for this process: found by its address, left when the work is done."""

import os
import signal
import threading
import warnings
from collections.abc import Callable
from types import TracebackType
from typing import Any, Generic, Self, TypeVar

from twinlens.cluster.address import AUTO, LOCAL, host_of, reach
from twinlens.cluster.pool import PATIENCE_S, Pool
from twinlens.errors import ClusterError

Value = TypeVar("Value")


class Shared(Generic[Value]):
    """A value that is sent to each machine once, however many jobs refer to it."""

    def __init__(self, ref: Any) -> None:
        self._ref = ref

    def get(self) -> Value:
        """The value; arrays are read in place, and cannot be written."""
        import ray

        value: Value = ray.get(self._ref)
        return value


class Cluster:
    """A connection to Ray.

    Args:
        address: ``local`` starts Ray on this machine, and ends it with the connection; ``auto`` takes the cluster that
            runs here, or the one that RAY_ADDRESS names; else the address of one: ``HOST:PORT`` from a machine that
            belongs to it, ``ray://HOST:PORT`` from any.
        workers: how many compute; None = one for each CPU.

    Raises:
        ConfigError: that is no address.
        ClusterError: Ray is not installed, or there is no cluster that can be reached.
    """

    def __init__(self, address: str = LOCAL, *, workers: int | None = None) -> None:
        self.address = address
        host = host_of(address)
        self._ray = _import_ray()
        self._wants_token = host is not None and reach(address, *host)
        self._is_ours = not self._ray.is_initialized()
        if self._is_ours:
            self._connect(workers)
            self._check_token()
        cpus = int(self._ray.cluster_resources().get("CPU", 0))
        self.workers = workers or cpus
        if not self.workers:
            self.close()
            raise ClusterError(f"Ray at {address} has no CPUs to work with; add machines to it")

    def share(self, value: Value) -> Shared[Value]:
        """Puts a value where all workers can read it."""
        return Shared(self._ray.put(value))

    def pool(
        self,
        work: Callable[..., Callable[[Any], Any]],
        *arguments: Any,
        workers: int | None = None,
        cpus: int = 1,
        patience_s: float = PATIENCE_S,
    ) -> Pool:
        """Workers for one kind of job; they start when the first job comes.

        Args:
            work: called by each worker once, with the arguments; returns the function that does a job.
            *arguments: whatever can be pickled; those that are large are sent to each machine once.
            workers: how many; None = as many as the cluster has.
            cpus: of each worker.
            patience_s: after which a job is given to a second worker, when one has nothing to do.
        """
        return Pool(
            self.address,
            work,
            [self._ray.put(one) for one in arguments],
            workers=workers or self.workers,
            cpus=cpus,
            patience_s=patience_s,
        )

    def cpus_of_machines(self) -> list[int]:
        """How many CPUs each machine has, the smallest first."""
        found = (node["Resources"].get("CPU", 0) for node in self._ray.nodes() if node["Alive"])
        return sorted(int(cpus) for cpus in found if cpus)

    def close(self) -> None:
        """Leaves the cluster; one that was started here ends."""
        if self._is_ours:
            self._ray.shutdown()
            self._is_ours = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _check_token(self) -> None:
        """Ray takes a token that it finds here to a cluster that it finds here, even to one that has none."""
        if self.address != AUTO or "RAY_ADDRESS" in os.environ:
            return
        found = self._ray.get_runtime_context().gcs_address
        try:
            if host := host_of(found):
                reach(found, *host)
        except ClusterError:
            self.close()
            raise

    def _connect(self, workers: int | None) -> None:
        options: dict[str, Any] = {}
        if self.address == LOCAL:
            options = {"num_cpus": max(workers or 0, os.cpu_count() or 1), "include_dashboard": False}
        at_term = signal.getsignal(signal.SIGTERM)
        self._ray._private.worker._worker_logs_enabled = False  # or stdout gets its messages about lost machines
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # what they say is in the error
                self._ray.init(
                    address=self.address, log_to_driver=False, configure_logging=True, logging_level="ERROR", **options
                )
        except Exception as error:  # Ray raises bare ones, too
            why = _first_line(error).split(". ")[0]
            if self._wants_token:
                why += "; is RAY_AUTH_TOKEN what 'ray get-auth-token' prints there?"
            raise ClusterError(f"Ray at {self.address} cannot be used: {why}") from error
        finally:
            if at_term is not None and threading.current_thread() is threading.main_thread():
                signal.signal(signal.SIGTERM, at_term)  # Ray takes it over


def _import_ray() -> Any:
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"  # nothing leaves the machine; read when Ray is imported
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")  # its later default, of which it warns
    try:
        import grpc  # noqa: F401 — of the extra, too
        import ray
        import ray.exceptions
    except ImportError as error:
        raise ClusterError("--on needs Ray, which is not installed; pip install 'twinlens[ray]'") from error
    return ray


def _first_line(error: BaseException) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[0] if lines else type(error).__name__
