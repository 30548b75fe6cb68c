"""The view that evaluates models: figures with intervals, comparisons, examples, similarity of photos and captions."""

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from twinlens.apps.streamlit.measuring.comparison import show_comparison
from twinlens.apps.streamlit.measuring.downloads import offer_downloads
from twinlens.apps.streamlit.measuring.examples import show_examples
from twinlens.apps.streamlit.measuring.figures import ABOUT_INTERVALS, DIRECTIONS, figure_rows
from twinlens.apps.streamlit.measuring.headlines import show_headlines, show_table
from twinlens.apps.streamlit.measuring.measure_form import MEASURED, kept, measure_form
from twinlens.apps.streamlit.measuring.measured import Measured
from twinlens.apps.streamlit.measuring.recall import show_recalls
from twinlens.apps.streamlit.measuring.similarity import show_similarity
from twinlens.apps.streamlit.notices import plain, show_errors
from twinlens.counted import counted

ABOUT = """
**How well does a model find what is meant?** Choose a folder of photos with captions, and a model or a training run.
Each caption is searched for among all photos, and each photo among all captions. You see how often the right
one is found, with 95 % intervals; where it fails; and, of two models, which one is better beyond chance.
"""


def evaluation_tab(model: str | None) -> None:
    """Draws the view; what was measured stays until it is cleared."""
    with show_errors():
        measure_form(model)
    several = kept()
    if not several:
        st.markdown(ABOUT)
        return
    with st.container(horizontal=True, horizontal_alignment="right"):
        offer_downloads(several)
        st.button("Clear", key="clear", icon=":material/close:", on_click=_clear)
    _show_figures(several)
    ranked = [one for one in several if "zero_shot" not in one.report]
    if ranked:
        show_recalls(ranked)
    if len(ranked) > 1:
        st.subheader("Comparison of two")
        show_comparison(ranked)
    if embedded := [one for one in ranked if one.pairs is not None]:
        _show_details(embedded)


def _show_figures(several: Sequence[Measured]) -> None:
    ranked = [one for one in several if "zero_shot" not in one.report]
    if len(ranked) > 1:
        st.subheader("Results")
        show_table(ranked)
    for one in several:
        is_alone = len(ranked) < 2 or "zero_shot" in one.report
        if is_alone:
            st.subheader(plain(one.name))
            for column, (direction, way) in zip(st.columns(2), DIRECTIONS.items(), strict=True):
                if direction in one.report:
                    with column:
                        show_headlines(one.report[direction], way)
            st.caption(_about(one.report))
        _show_notes(one)
        with st.expander(f"All figures of {plain(one.name)}"):
            st.dataframe(figure_rows(one.report), hide_index=True)
            if not is_alone:
                st.caption(_about(one.report))


def _about(report: Mapping[str, Any]) -> str:
    """On what it was measured, and how, as Markdown."""
    parts = [
        counted(report["n_images"], "photo") if "n_images" in report else "",
        counted(report["n_captions"], "caption") if "n_captions" in report else "",
        plain(str(report["protocol"])) if report.get("protocol") else "",
        ABOUT_INTERVALS if any("ci95" in report.get(direction, {}) for direction in DIRECTIONS) else "",
        f"model `{report['model']}`" if report.get("model") else "",
    ]
    return " · ".join(part for part in parts if part)


def _show_notes(one: Measured) -> None:
    """What must be known to read the figures."""
    notes = [str(note) for note in one.report.get("notes", ())]
    if skipped := one.report.get("skipped"):
        first = f"{skipped[0].get('path')}: {skipped[0].get('reason')}"
        notes.append(f"{counted(len(skipped), 'photo was', 'photos were')} left out, such as {first}")
    for note in notes:
        st.warning(plain(f"{one.name}: {note}"))


def _show_details(embedded: Sequence[Measured]) -> None:
    st.subheader("Examples")
    names = [one.name for one in embedded]
    chosen = st.selectbox("Of", names, key="detailed", label_visibility="collapsed") if len(names) > 1 else names[0]
    one = embedded[names.index(chosen)]
    show_examples(one)
    st.subheader("Similarity of photos and captions")
    show_similarity(one)


def _clear() -> None:
    st.session_state.pop(MEASURED, None)
