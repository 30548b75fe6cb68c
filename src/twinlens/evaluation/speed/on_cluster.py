"""Measure models on the machines of a Ray cluster, each with a machine for itself."""

import platform
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from twinlens.cluster.connection import Cluster
from twinlens.evaluation.speed.measured import Speed, measure_speed
from twinlens.protocols import DualEncoder


def measure_on(
    cluster: Cluster, openers: Sequence[Callable[[], DualEncoder]], photos: Sequence[tuple[str, bytes]]
) -> Iterator[tuple[str, Speed]]:
    """The machine and the speed of each model, in order.

    Args:
        cluster: its largest machines measure.
        openers: of the models.
        photos: suffix and content of photos that are read, too; none = decoded ones alone are measured.

    Raises:
        ClusterError: no machine can do it.
        DataError: none of the photos can be read.
    """
    cpus = cluster.cpus_of_machines()
    machines = min(cpus.count(cpus[-1]), cluster.workers)
    with cluster.pool(SpeedWorker, photos, workers=machines, cpus=cpus[-1], patience_s=float("inf")) as pool:
        for _, found in pool.map(openers):
            yield found


class SpeedWorker:
    """Measures models on one machine.

    Args:
        photos: suffix and content of each.
    """

    def __init__(self, photos: Sequence[tuple[str, bytes]]) -> None:
        self._photos = photos

    def __call__(self, opener: Callable[[], DualEncoder]) -> tuple[str, Speed]:
        """The machine's name and the model's speed."""
        with tempfile.TemporaryDirectory() as folder:
            files = []
            for number, (suffix, content) in enumerate(self._photos):
                files.append(Path(folder, f"{number:03}{suffix}"))
                files[-1].write_bytes(content)
            return platform.node(), measure_speed(opener(), files)
