"""The view that evaluates models: figures with intervals, comparisons, examples, similarity of photos and captions."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import streamlit as st

from twinlens import api
from twinlens.apps.streamlit.folder_chooser import folder_chooser
from twinlens.apps.streamlit.measuring.charts import SHOWN_PAIRS, heat_map, recall_chart, show_chart
from twinlens.apps.streamlit.measuring.comparison import show_comparison
from twinlens.apps.streamlit.measuring.examples import show_examples
from twinlens.apps.streamlit.measuring.measured import (
    DIRECTIONS,
    Measured,
    figure_rows,
    figures,
    measure_folder,
    read_measured,
    recall_rows,
)
from twinlens.apps.streamlit.notices import plain, show_errors
from twinlens.apps.streamlit.typed_place import typed_place

SPLITS = ("test", "val", "train", "all")
FOLDER, FILES = "A data folder", "Saved files"
MEASURED = "evaluations"
HEADLINES = ("R@1", "R@5", "R@10")


def evaluation_tab(model: str | None) -> None:
    """Draws the view; what was measured stays until it is cleared."""
    source = st.segmented_control("Evaluate", (FOLDER, FILES), default=FOLDER, key="evaluate what", required=True)
    with show_errors():
        if source == FOLDER:
            _measure_folder(model)
        else:
            _read_files()
    several: list[Measured] = st.session_state.get(MEASURED, [])
    if not several:
        st.caption("Measure two models, or load two files, to compare them.")
        return
    st.button("Clear", key="clear", on_click=_clear)
    _show_figures(several)
    ranked = [one for one in several if "zero_shot" not in one.report]
    if ranked:
        _show_recalls(ranked)
    if len(ranked) > 1:
        st.subheader("Comparison")
        show_comparison(ranked)
    if embedded := [one for one in ranked if one.pairs is not None]:
        _show_details(embedded)


def _show_figures(several: Sequence[Measured]) -> None:
    for one in several:
        st.subheader(plain(one.name))
        for column, (direction, way) in zip(st.columns(2), DIRECTIONS.items(), strict=True):
            if direction in one.report:
                with column:
                    _show_headlines(one.report[direction], way)
        with st.expander("All figures, with 95 % intervals"):
            st.dataframe(figure_rows(one.report), hide_index=True)
            if protocol := one.report.get("protocol"):
                st.caption(plain(str(protocol)))


def _show_headlines(part: Mapping[str, Any], way: str) -> None:
    st.caption(f"{way}, per cent, with 95 % intervals")
    with st.grid(len(HEADLINES), min_column_width=80, gap="small") as grid:
        for name in HEADLINES:
            if (value := figures(part).get(name)) is not None:
                ends = part.get("ci95", {}).get(name)
                interval = f"{ends[0]:.1f} to {ends[1]:.1f}" if ends else "no interval"
                with grid.cell():
                    st.metric(name, f"{value:.1f}", interval, delta_color="off", delta_arrow="off")


def _show_recalls(ranked: Sequence[Measured]) -> None:
    for letter, title in (("R", "Recall"), ("P", "Precision")):
        rows = {way: [recall_rows(one, way, letter) for one in ranked] for way in DIRECTIONS}
        if not any(points for each in rows.values() for _, points in each):
            continue
        place = st.container() if letter == "R" else st.expander(f"{title} at K")
        if letter == "R":
            place.subheader(title)
        for column, (direction, way) in zip(place.columns(2), DIRECTIONS.items(), strict=True):
            with column:
                st.caption(way)
                curves, points = ([row for each in rows[direction] for row in each[part]] for part in (0, 1))
                chart = recall_chart(curves, points, letter=letter)
                show_chart(chart, height=260 + 22 * len(ranked), key=f"{title} {direction}")


def _show_details(embedded: Sequence[Measured]) -> None:
    names = [one.name for one in embedded]
    st.subheader("Examples")
    chosen = st.selectbox("Of", names, key="detailed", label_visibility="collapsed") if len(names) > 1 else names[0]
    one = embedded[names.index(chosen)]
    if one.pairs is None:
        return
    show_examples(one)
    st.subheader("Similarity of photos and captions")
    shown = st.slider("Pairs", 5, SHOWN_PAIRS, min(20, SHOWN_PAIRS), key="pairs in the map")
    seed = st.number_input("Sample", 0, 1000, 0, key="sample", width=160)
    st.caption("Right pairs are on the diagonal. Point at a cell, or touch it, for its caption and photo.")
    show_chart(heat_map(one.pairs, shown=shown, seed=int(seed)), height=160 + 18 * shown, key="heat map")


def _measure_folder(model: str | None) -> None:
    left, right = st.columns(2)
    with left:
        data = folder_chooser("Data", start="", key="data", about="A folder with captioned photos, or classes.json.")
    split = right.selectbox("Split", SPLITS, key="split", label_visibility="collapsed")
    known = list(api.models.known_bundles())
    chosen = st.selectbox(
        "Model",
        list(dict.fromkeys([model or known[0], *known])),
        key="measured model",
        accept_new_options=True,
        help="A name; or type a bundle's folder, or the folder of a training run.",
    )
    if not st.button("Measure", type="primary", key="measure"):
        return
    if not data.strip():
        st.warning("Choose the folder of a data set first.")
        return
    bar = st.progress(0.0, "reading the data")
    try:
        measured = measure_folder(
            typed_place(data),
            split=split,
            model=typed_place(chosen, otherwise=known[0]),
            on_photos=_shown(bar, "photos embedded"),
            on_texts=_shown(bar, "captions embedded"),
        )
    finally:
        bar.empty()
    _keep([measured])


def _read_files() -> None:
    uploads = st.file_uploader(
        "Reports (.json) or embeddings (.npz)",
        type=("json", "npz"),
        accept_multiple_files=True,
        key="measured files",
        help="Output of 'twinlens evaluate --json' or '--save-embeddings'; several files are compared.",
    )
    read: set[str] = st.session_state.setdefault("files read", set())
    for upload in uploads:
        if upload.file_id not in read:
            read.add(upload.file_id)
            _keep([read_measured(upload.name, upload.getvalue())])
    about = "The data set's folder: then examples are shown with their photos."
    folder = folder_chooser("Photos of the data", start="", key="photos of files", about=about)
    lacking = [one for one in st.session_state.get(MEASURED, []) if one.pairs is not None and not one.paths]
    if folder.strip() and lacking:
        paths = api.datasets.photo_paths(typed_place(folder))
        _keep([replace(one, paths=paths) for one in lacking])


def _keep(several: Sequence[Measured]) -> None:
    """Adds evaluations; one of a name that is there takes the other's place."""
    names = {one.name for one in several}
    kept: list[Measured] = st.session_state.get(MEASURED, [])
    st.session_state[MEASURED] = [*(one for one in kept if one.name not in names), *several]


def _clear() -> None:
    st.session_state.pop(MEASURED, None)


def _shown(bar: Any, what: str) -> Callable[[int, int], None]:
    return lambda done, total: bar.progress(done / max(total, 1), f"{done:,} of {total:,} {what}")
