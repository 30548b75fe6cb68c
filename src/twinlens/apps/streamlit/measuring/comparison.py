"""The comparison of two evaluations: differences with intervals."""

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from twinlens import api
from twinlens.apps.streamlit.measuring.charts import difference_chart, show_chart
from twinlens.apps.streamlit.measuring.measured import DIRECTIONS, Measured
from twinlens.apps.streamlit.notices import plain, show_errors
from twinlens.errors import DataError

IN_CHART = ("R@", "mAP", "nDCG")  # measures in per cent; the others are in the table


def show_comparison(several: Sequence[Measured]) -> None:
    """Draws the differences of two evaluations of the same photos and captions."""
    names = [one.name for one in several]
    left, right = st.columns(2)
    a = left.selectbox("A", names, index=0, key="compare a")
    b = right.selectbox("B", names, index=1, key="compare b")
    first, second = several[names.index(a)], several[names.index(b)]
    if first.pairs is None or second.pairs is None:
        st.info(
            "Intervals of differences need the embeddings of both: measure both here, or save them with "
            "'twinlens evaluate --save-embeddings'. The intervals of each one are in the charts and tables below."
        )
        return
    with show_errors():
        compared = compared_rows(first, second)
        for column, (direction, way) in zip(st.columns(2), DIRECTIONS.items(), strict=True):
            with column:
                st.caption(f"{way}: A is {plain(a)}, B is {plain(b)}")
                rows = [row for row in compared[direction] if str(row["measure"]).startswith(IN_CHART)]
                show_chart(difference_chart(rows), height=70 + 34 * len(rows), key=f"difference {direction}")
        with st.expander("All differences"):
            for direction, way in DIRECTIONS.items():
                st.caption(way)
                st.dataframe(compared[direction], hide_index=True)


@st.cache_data(max_entries=16, show_spinner="comparing", hash_funcs={Measured: lambda one: one.key})
def compared_rows(first: Measured, second: Measured) -> dict[str, list[dict[str, Any]]]:
    """Direction → a row for each measure: both values, the difference and its interval, and what it says.

    Raises:
        DataError: they are of different photos or captions.
    """
    if first.pairs is None or second.pairs is None:
        raise DataError("a comparison needs the embeddings of both")
    found = api.evaluation.compare(first.pairs, second.pairs)
    return {direction: rows_of(getattr(found, direction)) for direction in DIRECTIONS}


def rows_of(differences: Mapping[str, Any]) -> list[dict[str, Any]]:
    """One row per measure."""
    return [
        {
            "measure": name,
            "A": round(one.a, 3),
            "B": round(one.b, 3),
            "difference": round(one.difference, 3),
            "low": round(one.ci95[0], 3),
            "high": round(one.ci95[1], 3),
            "verdict": verdict(one.ci95),
        }
        for name, one in differences.items()
    ]


def verdict(ci95: Sequence[float]) -> str:
    """What the interval of a difference A − B says.

    >>> verdict((0.2, 1.5)), verdict((-2.0, -0.1)), verdict((-0.5, 0.5))
    ('A is better', 'B is better', 'not clear')
    """
    low, high = ci95
    return "A is better" if low > 0 else "B is better" if high < 0 else "not clear"
