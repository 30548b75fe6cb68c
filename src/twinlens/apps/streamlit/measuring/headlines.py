"""The few figures that people look for first, with their intervals."""

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from twinlens.apps.streamlit.measuring.figures import ABOUT_INTERVALS, DIRECTIONS, cell, figures
from twinlens.apps.streamlit.measuring.measured import Measured
from twinlens.apps.streamlit.notices import plain

HEADLINES = ("R@1", "R@5", "R@10")


def show_table(ranked: Sequence[Measured]) -> None:
    """A table for each direction, with a row for each evaluation."""
    for direction, way in DIRECTIONS.items():
        st.table([_row(one, direction, way) for one in ranked], hide_index=True, border="horizontal")
    st.caption(f"R@K in per cent; in brackets, {ABOUT_INTERVALS}.")


def show_headlines(part: Mapping[str, Any], way: str) -> None:
    """Large figures of one direction of one evaluation."""
    st.markdown(f"**{way}**")
    with st.grid(len(HEADLINES), min_column_width=80, gap="small") as grid:
        for name in HEADLINES:
            if (value := figures(part).get(name)) is not None:
                ends = part.get("ci95", {}).get(name)
                interval = f"{ends[0]:.1f} to {ends[1]:.1f}" if ends else "no interval"
                with grid.cell():
                    st.metric(name, f"{value:.1f} %", interval, delta_color="off", delta_arrow="off")


def _row(one: Measured, direction: str, way: str) -> dict[str, str]:
    part = one.report.get(direction, {})
    return {way: plain(one.name), **{name: plain(cell(part, name)) for name in HEADLINES}}
