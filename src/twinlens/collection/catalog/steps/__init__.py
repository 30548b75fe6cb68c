"""Steps from one schema of the catalog to the next that are long enough to stand alone."""
