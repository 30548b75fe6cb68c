"""The tab that shows training runs: curves, figures and recipe."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import streamlit as st

from twinlens import api
from twinlens.apps.streamlit.measured import figure_rows, is_report
from twinlens.apps.streamlit.notices import show_errors
from twinlens.apps.streamlit.pictures import drawn
from twinlens.apps.streamlit.typed_place import typed_place

RUNS = "runs"  # the default of 'twinlens train'


def runs_tab() -> None:
    """Draws the tab: choose a finished or running training run and view it."""
    folder = st.text_input("Folder of one or more runs", value=RUNS, key="runs folder")
    st.button("Read again", key="read runs", help="Shows new epochs of a run in progress.")
    if folder == RUNS and not Path(RUNS).exists():
        st.info("There are no training runs yet; start one with 'twinlens train RECIPE.toml --out runs/NAME'.")
        return
    with show_errors():
        place = typed_place(folder, otherwise=".")
        runs = api.runs.find_runs(place)
        names = {_name(run, Path(place).expanduser()): run for run in runs}
        chosen = st.selectbox("Run", list(names), key="run")
        _show_run(api.runs.read_run(names[chosen]))


def _show_run(run: api.runs.TrainingRun) -> None:
    st.text(run_line(run))
    if run.validation is not None and is_report(run.validation):
        st.subheader("Validation")
        st.dataframe(figure_rows(run.validation), hide_index=True)
    if run.epochs:
        st.subheader("Curves")
        st.image(drawn(api.evaluation.draw_training_curves, run.epochs, title=run.path.name))
    st.subheader("Recipe")
    st.json(run.recipe, expanded=2)
    if run.environment:
        with st.expander("Environment"):
            st.json(run.environment)


def run_line(run: api.runs.TrainingRun) -> str:
    """Progress of a run, in one line."""
    if not run.epochs:
        return "No epoch is finished yet."
    planned = sum(_epochs(stage) for stage in run.recipe.get("stages", ()))
    best = [line["epoch"] for line in run.epochs if line.get("best")]
    seconds = sum(float(line.get("seconds") or 0) for line in run.epochs)
    parts = [f"epoch {run.epochs[-1]['epoch']}" + (f" of {planned}" if planned else "")]
    parts += [f"best epoch {best[-1]}"] if best else []
    parts += [f"{seconds:,.0f} s of training", "finished" if run.validation is not None else "not finished"]
    return ", ".join(parts)


def _epochs(stage: Any) -> int:
    return int(stage.get("epochs") or 0) if isinstance(stage, Mapping) else 0


def _name(run: Path, folder: Path) -> str:
    place = folder.resolve()
    return str(run.relative_to(place)) if run != place and run.is_relative_to(place) else run.name
