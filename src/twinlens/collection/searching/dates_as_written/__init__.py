"""Dates as people write them, in several languages: ``June 2023``, ``letzten Sommer``, ``Navidad 2022``."""

from twinlens.collection.searching.dates_as_written.finding import find_period, why_no_date
from twinlens.collection.searching.dates_as_written.period import Period
from twinlens.collection.searching.dates_as_written.reading import period_of

__all__ = ["Period", "find_period", "period_of", "why_no_date"]
