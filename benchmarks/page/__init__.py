"""Parts of ``page_timings``."""
