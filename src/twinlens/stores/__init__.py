"""Vector stores by name: id → unit vector, k nearest under a filter."""

STORES = {
    "exact": "twinlens.stores.exact:ExactStore",
}
