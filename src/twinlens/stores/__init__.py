"""Vector stores by name: id → unit vector, with filtered k-nearest search."""

STORES = {
    "exact": "twinlens.stores.exact:ExactStore",
    "half": "twinlens.stores.exact:HalfStore",
    "milvus": "twinlens.stores.milvus.store:MilvusStore",
}


def is_address(engine: str) -> bool:
    """Whether vectors are on a server: the store is then named by an address, such as ``milvus://host/name``."""
    return "://" in engine


def name_of(engine: str) -> str:
    """The store's name in ``STORES``.

    >>> name_of("milvus://vectors.example.org/photos"), name_of("exact")
    ('milvus', 'exact')
    """
    return engine.partition("://")[0]
