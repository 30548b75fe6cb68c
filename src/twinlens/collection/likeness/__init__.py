"""Which photos are near copies of one picture, kept in step with the catalog."""
