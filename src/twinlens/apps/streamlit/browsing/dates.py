"""The time line: how many photos are from each year or month, and a click that shows only those."""

from calendar import month_name
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import streamlit as st

from twinlens.apps.libraries.library import Library, SearchOptions
from twinlens.counted import counted

PERIOD = "chosen period"  # a year such as "2023", or a month such as "2023-06"
CHART = "time line"
MOST_MONTHS = 24  # more bars could not be told apart, or hit, on a phone
HEIGHT_PX = 150
FULL_ROW = 12  # bars that fill the width; fewer are as narrow as they would be among so many


def chosen_period() -> str | None:
    """The year or month whose photos are shown; None for all."""
    period: str | None = st.session_state.get(PERIOD)
    return period


def dates_panel(library: Library, options: SearchOptions) -> None:
    """Draws the time line of the photos that pass the filters, and what is chosen of it."""
    others = {name: value for name, value in options.filters.items() if name != "date"}
    months = library.months(replace(options, filters=others))
    period = chosen_period()
    rows = bars(months, period)
    is_choice = len(rows) > 1 or period is not None
    if is_choice:
        st.vega_lite_chart(spec=chart(rows), height=HEIGHT_PX, key=CHART, on_select=_take, selection_mode="period")
    undated = sum(count for month, count in months if month is None)
    hint = "Click on a bar to see only its photos. " if is_choice else ""
    if rows and not is_choice:
        hint = f"{counted(rows[0]['photos'], 'photo is', 'photos are')} from {in_words(rows[0]['period'])}. "
    st.caption(hint + (f"{counted(undated, 'photo has', 'photos have')} no date." if undated else ""))


def choose_period(period: str | None) -> None:
    """Shows the photos of a year or a month, or of all."""
    st.session_state[PERIOD] = period


def _take() -> None:
    chosen = st.session_state[CHART].selection.get("period") or []
    if chosen:
        choose_period(str(chosen[0]["period"]))


def bars(months: Sequence[tuple[str | None, int]], period: str | None) -> list[dict[str, Any]]:
    """One row per month, or per year where there are many months and none of their years is chosen; oldest first.

    >>> bars([("2023-06", 2), ("2022-12", 1), (None, 5)], None)
    [{'period': '2022-12', 'photos': 1, 'chosen': False}, {'period': '2023-06', 'photos': 2, 'chosen': False}]
    >>> [row["period"] for row in bars([(f"20{year}-07", 1) for year in range(10, 40)], None)][:2]
    ['2010', '2011']
    >>> [row["period"] for row in bars([(f"20{year}-07", 1) for year in range(10, 40)], "2011-07")]
    ['2011-07']
    """
    counts = Counter({month: count for month, count in months if month is not None})
    if len(counts) > MOST_MONTHS:
        if period is None:
            years = Counter[str]()
            for month, count in counts.items():
                years[month[:4]] += count
            counts = years
        else:
            counts = Counter({month: count for month, count in counts.items() if month[:4] == period[:4]})
    return [{"period": one, "photos": counts[one], "chosen": one == period} for one in sorted(counts)]


def in_words(period: str) -> str:
    """A month, or a year.

    >>> in_words("2023-06"), in_words("2023")
    ('June 2023', '2023')
    """
    year, _, month = period.partition("-")
    return f"{month_name[int(month)]} {year}" if month else year


def chart(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Bars that can be clicked; the chosen one stands out."""
    width = 0.9 * min(1, len(rows) / FULL_ROW)
    return {
        "data": {"values": list(rows)},
        "params": [{"name": "period", "select": {"type": "point", "fields": ["period"]}}],
        "mark": {"type": "bar", "cornerRadiusEnd": 3, "cursor": "pointer", "tooltip": True, "width": {"band": width}},
        "encoding": {
            "x": {"field": "period", "type": "ordinal", "title": None, "axis": {"labelOverlap": True, "labelAngle": 0}},
            "y": {"field": "photos", "type": "quantitative", "title": None, "axis": {"tickCount": 3, "format": "d"}},
            "color": {"condition": {"test": "datum.chosen", "value": "#e76f51"}, "value": "#2a9d8f"},
        },
    }
