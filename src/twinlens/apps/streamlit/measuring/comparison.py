"""The comparison of two evaluations: differences with intervals."""

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from twinlens import api
from twinlens.apps.streamlit.measuring.charts import Rows, difference_chart, show_chart
from twinlens.apps.streamlit.measuring.disagreements import show_disagreements
from twinlens.apps.streamlit.measuring.downloads import csv_of
from twinlens.apps.streamlit.measuring.figures import DIRECTIONS
from twinlens.apps.streamlit.measuring.measured import Measured
from twinlens.apps.streamlit.notices import show_errors
from twinlens.errors import DataError

IN_CHART = ("R@", "mAP", "nDCG")  # measures in per cent; the others are in the table


def show_comparison(several: Sequence[Measured]) -> None:
    """Draws the differences of two evaluations of the same photos and captions, and where they come from."""
    names = [one.name for one in several]
    left, right = st.columns(2)
    a = left.selectbox("A", names, index=0, key="compare a")
    b = right.selectbox("B", names, index=1, key="compare b")
    first, second = several[names.index(a)], several[names.index(b)]
    if first.key == second.key:
        st.info("A and B are the same; choose two.")
        return
    if first.pairs is None or second.pairs is None:
        st.info(
            "Intervals of differences need the embeddings of both: measure both here, or save them with "
            "'twinlens evaluate --save-embeddings'. The intervals of each one are in the charts and tables above."
        )
        return
    with show_errors():
        compared = compared_rows(first, second)
        _show_differences(compared)
        show_disagreements(first, second)


def _show_differences(compared: Mapping[str, Rows]) -> None:
    st.caption(
        "A − B with 95 % intervals, in percentage points, from a paired bootstrap: both are measured on the same "
        "1,000 resamples of the photos. Where the interval holds 0, the data do not tell which one is better."
    )
    for column, (direction, way) in zip(st.columns(2), DIRECTIONS.items(), strict=True):
        with column:
            st.markdown(f"**{way}**")
            rows = [row for row in compared[direction] if str(row["measure"]).startswith(IN_CHART)]
            said = "; ".join(f"{row['measure']} {row['difference']:+.1f}, {row['verdict']}" for row in rows)
            height = 90 + 34 * len(rows)
            show_chart(difference_chart(rows), height=height, key=f"difference {direction}", alt=f"{way}: {said}")
    with st.expander("All differences"):
        for direction, way in DIRECTIONS.items():
            st.markdown(f"**{way}**")
            st.dataframe(compared[direction], hide_index=True)
        rows = [{"direction": way, **row} for direction, way in DIRECTIONS.items() for row in compared[direction]]
        st.download_button("Differences (CSV)", csv_of(rows), "differences.csv", key="differences", on_click="ignore")


@st.cache_data(max_entries=16, show_spinner="comparing", hash_funcs={Measured: lambda one: one.key})
def compared_rows(first: Measured, second: Measured) -> dict[str, Rows]:
    """Direction → a row for each measure: both values, the difference and its interval, and what it says.

    Raises:
        DataError: they are of different photos or captions.
    """
    if first.pairs is None or second.pairs is None:
        raise DataError("a comparison needs the embeddings of both")
    found = api.evaluation.compare(first.pairs, second.pairs)
    return {direction: rows_of(getattr(found, direction)) for direction in DIRECTIONS}


def rows_of(differences: Mapping[str, Any]) -> Rows:
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
