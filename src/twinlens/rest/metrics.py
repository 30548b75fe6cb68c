"""Prometheus metrics of the server, summed over all workers."""

import os

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from twinlens.memory import held_memory_bytes

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
SHARED_FOLDER = "PROMETHEUS_MULTIPROC_DIR"  # prometheus_client's variable: the folder that several workers write to
_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
_BATCH_SIZES = (1, 2, 4, 8, 16, 32, 64)


class Metrics:
    """The server's metrics; each worker counts for itself, and a scrape adds them up."""

    def __init__(self) -> None:
        registry = self._registry = CollectorRegistry()
        self._requests = Counter(
            "twinlens_requests", "Requests answered.", ["method", "route", "status"], registry=registry
        )
        self._latency = Histogram(
            "twinlens_request_seconds",
            "Seconds from a request to the end of its answer.",
            ["route"],
            buckets=_SECONDS,
            registry=registry,
        )
        self.stages = Histogram(
            "twinlens_stage_seconds",
            "Seconds in a stage: decode, encode, explain, search, upload or write.",
            ["stage"],
            buckets=_SECONDS,
            registry=registry,
        )
        self.batch_size = Histogram(
            "twinlens_text_batch_size", "Queries embedded together.", buckets=_BATCH_SIZES, registry=registry
        )
        self.cache = Counter("twinlens_cache_requests", "Cache lookups.", ["cache", "outcome"], registry=registry)
        self.images = Gauge("twinlens_images", "Searchable photos.", registry=registry, multiprocess_mode="mostrecent")
        self.captions = Gauge(
            "twinlens_captions", "Searchable captions.", registry=registry, multiprocess_mode="mostrecent"
        )
        self._memory = Gauge(
            "twinlens_process_memory_bytes",
            "Resident memory of a process, shared pages included.",
            ["process"],
            registry=registry,
            multiprocess_mode="livemostrecent",
        )

    def answered(self, scope: Scope, status: int, seconds: float) -> None:
        """Records a finished request."""
        is_file = isinstance(scope.get("endpoint"), StaticFiles)  # not by path, which may have a prefix from a proxy
        route = getattr(scope.get("route"), "path", "/static" if is_file else "none")
        method = scope["method"] if scope["method"] in ("GET", "HEAD", "POST", "DELETE", "OPTIONS") else "other"
        self._requests.labels(method, route, str(status)).inc()
        self._latency.labels(route).observe(seconds)

    def note_memory(self) -> None:
        """Records the memory use of this process; every worker does so periodically."""
        if (held := held_memory_bytes()) is not None:
            self._memory.labels(str(os.getpid())).set(held)

    def text(self) -> bytes:
        """The metrics in Prometheus text format."""
        self.note_memory()
        if SHARED_FOLDER not in os.environ:
            return generate_latest(self._registry)
        together = CollectorRegistry()
        MultiProcessCollector(together)  # type: ignore[no-untyped-call]
        return generate_latest(together)
