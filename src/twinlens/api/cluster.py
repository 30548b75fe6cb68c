"""Work on other machines, by Ray: the address, and who computes there."""

from twinlens.cluster.address import LOCAL
from twinlens.cluster.connection import Cluster
from twinlens.embedding.on_cluster import ClusterEmbedding


def connect(address: str = LOCAL, *, workers: int | None = None) -> Cluster:
    """Connects to Ray; the arguments are those of ``embedding_on``."""
    return Cluster(address, workers=workers)


def embedding_on(address: str = LOCAL, *, workers: int | None = None) -> ClusterEmbedding:
    """Connects to Ray for ``Collection.index`` and for evaluations; to be closed, or used in a ``with`` block.

    Args:
        address: ``local``, ``auto``, ``HOST:PORT`` or ``ray://HOST:PORT``.
        workers: how many compute; None = one for each CPU.

    Raises:
        ConfigError: that is no address.
        ClusterError: Ray is not installed, or there is no cluster that can be reached.
    """
    return ClusterEmbedding(Cluster(address, workers=workers))
