"""The steps of an index run: compare what is there with the catalog, read what is new, store it."""
