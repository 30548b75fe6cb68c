"""Prometheus metrics of the server, summed over all workers."""

import os
from collections.abc import Iterator, Sequence
from typing import Generic, TypeVar

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Metric, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector
from starlette.types import Scope

from twinlens.memory import held_memory_bytes
from twinlens.rest.pages.kept_file import KeptFiles

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
SHARED_FOLDER = "PROMETHEUS_MULTIPROC_DIR"  # prometheus_client's variable: the folder that several workers write to
LIBRARY = "library"
_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
_BATCH_SIZES = (1, 2, 4, 8, 16, 32, 64)


class Metrics:
    """What one library's server counts; each worker counts for itself, and a scrape adds them up.

    Args:
        library: of several that one server has: the label ``library`` of all that is counted.
        others: the metrics of another one of them.
    """

    def __init__(self, library: str = "", *, others: "Metrics | None" = None) -> None:
        self._library = library
        self._counted: _Counted = _Counted([LIBRARY] if library else []) if others is None else others._counted
        counted, own = self._counted, (library,) if library else ()
        self.stages = _Part(counted.stages, own)
        self.cache = _Part(counted.cache, own)
        self.batch_size: Histogram = counted.batch_size.labels(*own) if own else counted.batch_size
        self.images: Gauge = counted.images.labels(*own) if own else counted.images
        self.captions: Gauge = counted.captions.labels(*own) if own else counted.captions
        self.replica_lag: Gauge = counted.replica_lag.labels(*own) if own else counted.replica_lag
        self._requests, self._latency = _Part(counted.requests, own), _Part(counted.latency, own)

    def answered(self, scope: Scope, status: int, seconds: float) -> None:
        """Records a finished request."""
        is_file = isinstance(scope.get("endpoint"), KeptFiles)  # not by path, which may have a prefix from a proxy
        route = getattr(scope.get("route"), "path", "/static" if is_file else "none")
        method = scope["method"] if scope["method"] in ("GET", "HEAD", "POST", "DELETE", "OPTIONS") else "other"
        self._requests.labels(method, route, str(status)).inc()
        self._latency.labels(route).observe(seconds)

    def note_memory(self) -> None:
        """Records the memory use of this process; every worker does so periodically."""
        if (held := held_memory_bytes()) is not None:
            self._counted.memory.labels(str(os.getpid())).set(held)

    def text(self) -> bytes:
        """The library's metrics, and those of the process, in Prometheus text format."""
        return self.text_of([self._library] if self._library else None)

    def text_of(self, libraries: Sequence[str] | None) -> bytes:
        """The metrics of some libraries, and those of the process, in Prometheus text format; None = of all."""
        self.note_memory()
        return generate_latest(self._source() if libraries is None else _Only(libraries, self._source()))

    def _source(self) -> CollectorRegistry:
        if SHARED_FOLDER not in os.environ:
            return self._counted.registry
        together = CollectorRegistry()
        MultiProcessCollector(together)  # type: ignore[no-untyped-call]
        return together


class _Counted:
    """All counters of a process.

    Args:
        more: labels of all but the memory.
    """

    def __init__(self, more: list[str]) -> None:
        registry = self.registry = CollectorRegistry()
        self.requests = Counter(
            "twinlens_requests", "Requests answered.", ["method", "route", "status", *more], registry=registry
        )
        self.latency = Histogram(
            "twinlens_request_seconds",
            "Seconds from a request to the end of its answer.",
            ["route", *more],
            buckets=_SECONDS,
            registry=registry,
        )
        self.stages = Histogram(
            "twinlens_stage_seconds",
            "Seconds in a stage: decode, encode, explain, search, upload or write.",
            ["stage", *more],
            buckets=_SECONDS,
            registry=registry,
        )
        self.batch_size = Histogram(
            "twinlens_text_batch_size", "Queries embedded together.", more, buckets=_BATCH_SIZES, registry=registry
        )
        self.cache = Counter(
            "twinlens_cache_requests", "Cache lookups.", ["cache", "outcome", *more], registry=registry
        )
        self.images = Gauge(
            "twinlens_images", "Searchable photos.", more, registry=registry, multiprocess_mode="mostrecent"
        )
        self.captions = Gauge(
            "twinlens_captions", "Searchable captions.", more, registry=registry, multiprocess_mode="mostrecent"
        )
        self.replica_lag = Gauge(
            "twinlens_replica_lag_seconds",
            "Seconds that a replica of the catalog is behind; 0 without one.",
            more,
            registry=registry,
            multiprocess_mode="mostrecent",
        )
        self.memory = Gauge(
            "twinlens_process_memory_bytes",
            "Resident memory of a process, shared pages included.",
            ["process"],
            registry=registry,
            multiprocess_mode="livemostrecent",
        )


Labelled = TypeVar("Labelled", Counter, Histogram)


class _Part(Generic[Labelled]):
    """A counter's part of one library."""

    def __init__(self, metric: Labelled, own: tuple[str, ...]) -> None:
        self._metric: Labelled = metric
        self._own = own

    def labels(self, *values: str) -> Labelled:
        """The counter with these labels."""
        return self._metric.labels(*values, *self._own)


class _Only:
    """A registry's metrics without those of other libraries."""

    def __init__(self, libraries: Sequence[str], source: CollectorRegistry) -> None:
        self._libraries, self._source = libraries, source

    def collect(self) -> Iterator[Metric]:
        for metric in self._source.collect():
            own = [one for one in metric.samples if one.labels.get(LIBRARY, self._libraries[0]) in self._libraries]
            metric.samples = own
            yield metric
