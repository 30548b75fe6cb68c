"""The form of the view that evaluates: choose data and a model, or load saved files."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import streamlit as st

from twinlens import api
from twinlens.apps.streamlit.folder_chooser import folder_chooser
from twinlens.apps.streamlit.measuring.measured import (
    Measured,
    kept_with,
    measure_folder,
    model_name,
    read_measured,
)
from twinlens.apps.streamlit.measuring.runs.known_runs import measurable_runs
from twinlens.apps.streamlit.notices import plain
from twinlens.apps.streamlit.typed_place import typed_place
from twinlens.errors import DataError

SPLITS = ("test", "val", "train", "all")
FOLDER, FILES = "A data folder", "Saved files"
MEASURED = "evaluations"
FRESH_S = 30  # how long the splits of a data set are remembered
ABOUT_MODELS = "A model, or a training run of the folder in 'Training runs'; or type the folder of either."


def measure_form(model: str | None) -> None:
    """Draws the form; what is measured is kept in the session.

    Args:
        model: chosen at first; None = the embedded one.

    Raises:
        TwinlensError: the data, the model or a file cannot be used.
    """
    source = st.segmented_control("Evaluate", (FOLDER, FILES), default=FOLDER, key="evaluate what", required=True)
    if source == FOLDER:
        _measure_folder(model)
    else:
        _read_files()


def kept() -> list[Measured]:
    """What was measured or read since the app was opened."""
    several: list[Measured] = st.session_state.get(MEASURED, [])
    return several


def keep(several: list[Measured]) -> None:
    """Adds evaluations to those that are shown."""
    st.session_state[MEASURED] = kept_with(kept(), several)


def measure_and_keep(data: str, *, split: str, model: str) -> list[Measured]:
    """Evaluates a model with a progress bar on the page, and gives the evaluations as they are kept.

    Raises:
        TwinlensError: the data or the model cannot be used.
    """
    bar = st.progress(0.0, f"reading {plain(data)}")
    try:
        measured = measure_folder(
            data,
            split=split,
            model=model,
            on_photos=_shown(bar, "photos embedded"),
            on_texts=_shown(bar, "captions embedded"),
        )
    finally:
        bar.empty()
    keep(measured)
    return measured


def _measure_folder(model: str | None) -> None:
    bundles = list(api.models.known_bundles())
    models = list(dict.fromkeys([model or bundles[0], *bundles, *map(str, measurable_runs())]))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        with st.container(width=260):
            about = "A folder with captioned photos, or classes.json."
            data = folder_chooser("Data", start="", key="data", about=about)
        splits = _splits(data)
        split = st.selectbox("Split", splits, key="split", width=130, disabled=not splits) or "all"
        chosen = st.selectbox(
            "Model",
            models,
            key="measured model",
            accept_new_options=True,
            help=ABOUT_MODELS,
            width=320,
            format_func=lambda name: name if name in bundles else f"{model_name(name)}  ·  {name}",
        )
        asked = st.button("Measure", type="primary", key="measure")
    if asked and not data.strip():
        st.warning("Choose the folder of a data set first.")
    elif asked:
        measure_and_keep(typed_place(data), split=split, model=typed_place(chosen, otherwise=bundles[0]))


def _splits(data: str) -> list[str]:
    """The splits that can be measured; empty for photos of classes, which have none."""
    if not data.strip():
        return list(SPLITS)
    return _splits_of(typed_place(data))


@st.cache_data(ttl=FRESH_S, max_entries=16, show_spinner="reading the data")
def _splits_of(data: str) -> list[str]:
    if api.evaluation.is_classified(data):
        return []
    try:
        found = api.datasets.splits_of(data)
    except DataError:  # said when it is measured
        return list(SPLITS)
    return [*(split for split in SPLITS if split in found), *(split for split in found if split not in SPLITS), "all"]


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
            keep(read_measured(upload.name, upload.getvalue()))
    lacking = {one.key for one in kept() if one.pairs is not None and not one.paths}
    if not lacking:
        return
    about = "The data set's folder: then examples are shown with their photos."
    folder = folder_chooser("Photos of the data", start="", key="photos of files", about=about)
    if folder.strip():
        paths = api.datasets.photo_paths(typed_place(folder))
        st.session_state[MEASURED] = [replace(one, paths=paths) if one.key in lacking else one for one in kept()]


def _shown(bar: Any, what: str) -> Callable[[int, int], None]:
    return lambda done, total: bar.progress(done / max(total, 1), f"{done:,} of {total:,} {what}")
