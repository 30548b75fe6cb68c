"""The tab that evaluates models: R@K, P@K, and similarity of photos and captions."""

from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st

from twinlens import api
from twinlens.apps.streamlit.measured import Measured, draw_measured, figure_rows, measure_folder, read_measured
from twinlens.apps.streamlit.notices import show_errors
from twinlens.apps.streamlit.typed_place import typed_place

SPLITS = ("test", "val", "train", "all")
FOLDER, FILES = "A data folder", "Saved files"


def evaluation_tab(model: str | None) -> None:
    """Draws the tab; results stay until the next evaluation."""
    source = st.radio("Evaluate", (FOLDER, FILES), horizontal=True, key="evaluate what")
    with show_errors():
        if source == FOLDER:
            _measure_folder(model)
        else:
            _read_files()
    for name, rows in st.session_state.get("figures", {}).items():
        st.subheader(name)
        st.dataframe(rows, hide_index=True)
    for title, picture in st.session_state.get("plots", {}).items():
        st.subheader(title)
        st.image(picture)


def _measure_folder(model: str | None) -> None:
    data = st.text_input("Data folder", key="data", placeholder="path/to/flickr8k", help="Captioned photos.")
    left, right = st.columns(2)
    split = left.selectbox("Split", SPLITS, key="split")
    known = list(api.models.known_bundles())
    chosen = right.text_input(
        "Model to evaluate",
        value=model or known[0],
        key="measured model",
        help=f"A name ({', '.join(known)}), a bundle's folder, or the folder of a training run.",
    )
    if st.button("Measure", type="primary", key="measure"):
        _forget()
        if not data.strip():
            st.warning("Enter the folder of a data set first.")
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
    read = [(upload.file_id, upload.name, upload) for upload in uploads]
    if read and st.session_state.get("files shown") != [file_id for file_id, _, _ in read]:
        _forget()
        _keep([read_measured(name, upload.getvalue()) for _, name, upload in read])
        st.session_state["files shown"] = [file_id for file_id, _, _ in read]


def _keep(several: Sequence[Measured]) -> None:
    st.session_state["figures"] = {one.name: figure_rows(one.report) for one in several}
    with st.spinner("drawing"):
        st.session_state["plots"] = draw_measured(several)


def _forget() -> None:
    for name in ("figures", "plots", "files shown"):
        st.session_state.pop(name, None)


def _shown(bar: Any, what: str) -> Callable[[int, int], None]:
    return lambda done, total: bar.progress(done / max(total, 1), f"{done:,} of {total:,} {what}")
