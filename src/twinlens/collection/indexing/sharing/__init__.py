"""Several indexers for one run, where the catalog is on a server: one leads, the others read photos for it."""
