"""A lesson: the library learns from all captions and opinions, and tells what that was worth."""

from typing import Any

import streamlit as st

from twinlens.apps.libraries.library import Library
from twinlens.apps.libraries.teaching import Figure, Lesson
from twinlens.apps.streamlit.notices import attempt, plain

LESSON = "the last lesson"
UNDONE = "a lesson was undone"


def offer_lesson(library: Library) -> None:
    """Draws the buttons, and the result of the lesson that was just learnt."""
    st.caption(
        "The model is adapted to your captions and opinions; your photos and the model's files stay as they are. It is "
        "kept only if photos that were held out are found better beyond chance, and one click takes it back."
    )
    with st.container(horizontal=True):
        if st.button("Learn from captions and opinions", key="learn"):
            st.session_state.pop(UNDONE, None)
            with st.spinner("Learning; no photo is read"):
                st.session_state[LESSON] = attempt(library.teaching.learn)
        if library.teaching.has_lesson():
            st.button("Undo the last lesson", key="undo lesson", on_click=_undo, args=(library,))
    if (undone := st.session_state.pop(UNDONE, None)) is not None:
        st.info("The last lesson is undone." if undone else "There is no lesson to undo.")
    if (lesson := st.session_state.get(LESSON)) is not None:
        show_lesson(lesson)


def _undo(library: Library) -> None:
    st.session_state.pop(LESSON, None)
    st.session_state[UNDONE] = attempt(library.teaching.undo)


def show_lesson(lesson: Lesson) -> None:
    """Whether it is kept, and each measure before and after, with the interval of the difference."""
    box = st.success if lesson.is_kept else st.info
    box(plain(lesson.told))
    st.vega_lite_chart(spec=before_and_after(lesson.figures), height=70 + 40 * len(lesson.figures))
    st.dataframe([row_of(one) for one in lesson.figures], hide_index=True)
    st.caption(f"Measured on {lesson.num_photos:,} photos that were held out; 95 % intervals by bootstrap over photos.")


def row_of(figure: Figure) -> dict[str, Any]:
    """A row of the table.

    >>> row_of(Figure("MRR", 0.2, 0.5, 0.125, 0.4))["difference"]
    '+0.300  [+0.125, +0.400]'
    """
    difference = f"{figure.after - figure.before:+.3f}  [{figure.low:+.3f}, {figure.high:+.3f}]"
    return {
        "measure": figure.name,
        "before": f"{figure.before:.3f}",
        "after": f"{figure.after:.3f}",
        "difference": difference,
        "verdict": figure.verdict,
    }


def before_and_after(figures: tuple[Figure, ...]) -> dict[str, Any]:
    """A chart: a grey point before, a green one after, with the interval of the difference drawn around it."""
    rows = [
        {"measure": one.name, "when": when, "value": value, "low": one.before + one.low, "high": one.before + one.high}
        for one in figures
        for when, value in (("before", one.before), ("after", one.after))
    ]
    y = {"field": "measure", "type": "nominal", "sort": None, "title": None, "axis": {"labelLimit": 170}}
    x = {"field": "value", "type": "quantitative", "title": None, "scale": {"domain": [0, 1]}}
    colour = {
        "field": "when",
        "type": "nominal",
        "scale": {"domain": ["before", "after"], "range": ["#8d99ae", "#2a9d8f"]},
        "legend": {"orient": "bottom", "title": None},
    }
    after = {"filter": "datum.when == 'after'"}
    return {
        "data": {"values": rows},
        "layer": [
            {
                "transform": [after],
                "mark": {"type": "rule", "strokeWidth": 3, "color": "#2a9d8f"},
                "encoding": {"y": y, "x": {**x, "field": "low"}, "x2": {"field": "high"}},
            },
            {
                "mark": {"type": "point", "filled": True, "size": 100, "opacity": 1},
                "encoding": {"y": y, "x": x, "color": colour, "tooltip": [{"field": "measure"}, {"field": "value"}]},
            },
        ],
    }
