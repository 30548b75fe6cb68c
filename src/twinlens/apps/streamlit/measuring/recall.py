"""Recall and precision at K of several evaluations, in both directions."""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from twinlens.apps.streamlit.measuring.charts import recall_chart, show_chart
from twinlens.apps.streamlit.measuring.figures import ABOUT_INTERVALS, DIRECTIONS, figures
from twinlens.apps.streamlit.measuring.measured import Measured

CURVE_KS = (1, 2, 3, 4, 5, 7, 10, 15, 20, 30, 50, 70, 100)


def show_recalls(ranked: Sequence[Measured]) -> None:
    """Draws R@K over K, and P@K to be opened."""
    for letter, title in (("R", "Recall"), ("P", "Precision")):
        rows = {direction: [recall_rows(one, direction, letter) for one in ranked] for direction in DIRECTIONS}
        if not any(points for each in rows.values() for _, points in each):
            continue
        place = st.container() if letter == "R" else st.expander(f"{title} at K")
        if letter == "R":
            place.subheader(f"{title} at K")
            place.caption(f"The share of searches with a right answer among the first K. {ABOUT_INTERVALS}.")
        for column, (direction, way) in zip(place.columns(2), DIRECTIONS.items(), strict=True):
            with column:
                st.markdown(f"**{way}**")
                curves, points = ([row for each in rows[direction] for row in each[part]] for part in (0, 1))
                chart = recall_chart(curves, points, letter=letter)
                legend = 22 * len(ranked) if len(ranked) > 1 else 0
                about = f"{title} at K, {way}, of " + ", ".join(one.name for one in ranked)
                show_chart(chart, height=270 + legend, key=f"{title} {direction}", alt=about)


def recall_rows(one: Measured, direction: str, letter: str) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Rows of a chart of R@K or P@K: the whole curve, if embeddings are there, and the reported K with intervals."""
    ranks = one.first_ranks.get(direction)
    curve = []
    if ranks is not None and letter == "R" and one.pairs is not None:
        most = len(one.pairs.images if direction == "text_to_image" else one.pairs.texts)
        curve = [
            {"name": one.name, "k": k, "value": round(100 * float((ranks <= k).mean()), 3)}
            for k in CURVE_KS
            if k <= most
        ]
    part = one.report.get(direction, {})
    points = []
    for name, value in figures(part).items():
        if name.startswith(f"{letter}@"):
            ends = part.get("ci95", {}).get(name)
            interval = {"low": ends[0], "high": ends[1]} if ends else {}
            points.append({"name": one.name, "k": int(name[2:]), "value": value, **interval})
    return curve, points
