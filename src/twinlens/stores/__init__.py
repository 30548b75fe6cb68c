"""Vector stores by name: id → unit vector, with filtered k-nearest search."""

STORES = {
    "exact": "twinlens.stores.exact:ExactStore",
    "half": "twinlens.stores.exact:HalfStore",
}
