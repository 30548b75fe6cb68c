"""The view of training runs: curves of several over each other, how each ended, and in what they differ."""

from collections.abc import Mapping
from pathlib import Path

import streamlit as st

from twinlens import api
from twinlens.apps.streamlit.folder_chooser import folder_chooser
from twinlens.apps.streamlit.measuring import curves
from twinlens.apps.streamlit.measuring.charts import lines, show_chart
from twinlens.apps.streamlit.measuring.measured import figure_rows, is_report
from twinlens.apps.streamlit.notices import plain, show_errors
from twinlens.apps.streamlit.typed_place import typed_place

RUNS = "runs"  # the default of 'twinlens train'
MEASURES = ("R@1", "R@5", "R@10", "MRR")
MOST_AT_FIRST = 3
Runs = Mapping[str, api.runs.TrainingRun]


def runs_tab() -> None:
    """Draws the view: choose finished or running training runs, and see them together."""
    with st.container(horizontal=True):
        folder = folder_chooser("Runs", start=RUNS, key="runs folder", about="The folder of one run, or of several.")
        st.button("Read again", key="read runs", help="Shows new epochs of a run in progress.")
    if folder == RUNS and not Path(RUNS).exists():
        st.info("There are no training runs yet; start one with 'twinlens train RECIPE.toml --out runs/NAME'.")
        return
    with show_errors():
        place = typed_place(folder, otherwise=".")
        names = {_name(run, Path(place).expanduser()): run for run in api.runs.find_runs(place)}
        chosen = st.multiselect("Runs to see", list(names), default=list(names)[:MOST_AT_FIRST], key="run")
        runs: dict[str, api.runs.TrainingRun] = {}
        for name in chosen:
            with show_errors():
                runs[name] = api.runs.read_run(names[name])
        if runs:
            _show(runs)


def _show(runs: Runs) -> None:
    st.dataframe([curves.summary_row(name, run) for name, run in runs.items()], hide_index=True)
    if any(run.epochs for run in runs.values()):
        _show_curves(runs)
    if len(runs) > 1:
        st.subheader("What differs")
        rows = curves.differing({name: run.recipe for name, run in runs.items()})
        st.dataframe(rows, hide_index=True) if rows else st.caption("Their recipes are the same.")
    st.subheader("Each run")
    for name, run in runs.items():
        with st.expander(plain(name), expanded=len(runs) == 1):
            _show_run(run)


def _show_curves(runs: Runs) -> None:
    best = {name: curves.best_epoch(run.epochs) for name, run in runs.items()}
    st.caption("A diamond marks the best epoch, whose weights are kept; a curve that ends early was stopped there.")
    measure = st.segmented_control("Measure", MEASURES, default=MEASURES[0], key="curve measure", required=True)
    losses = [row for name, run in runs.items() for row in curves.loss_rows(name, run.epochs)]
    recalls = [row for name, run in runs.items() for row in curves.recall_rows(name, run.epochs, str(measure))]
    rates = [row for name, run in runs.items() for row in curves.rate_rows(name, run.epochs)]
    left, right = st.columns(2)
    for place, title, rows, is_log in (
        (left, "Loss", losses, False),
        (right, f"Validation: {measure}", recalls, False),
        (left, "Learning rate", rates, True),
    ):
        if rows:
            with place:
                st.subheader(title)
                chart = lines(rows, y=title, best=curves.of_best(rows, best) if not is_log else [], is_log=is_log)
                show_chart(chart, height=300 + 20 * max(len(runs), 2), key=f"curves {title.partition(':')[0]}")


def _show_run(run: api.runs.TrainingRun) -> None:
    st.text(run_line(run))
    if run.validation is not None and is_report(run.validation):
        st.caption("Validation of the best epoch")
        st.dataframe(figure_rows(run.validation), hide_index=True)
    st.caption("Recipe")
    st.json(run.recipe, expanded=1)
    if run.environment:
        st.caption("Environment")
        st.json(run.environment, expanded=False)


def run_line(run: api.runs.TrainingRun) -> str:
    """Progress of a run, in one line."""
    if not run.epochs:
        return "No epoch is finished yet."
    planned, best = curves.planned_epochs(run.recipe), curves.best_epoch(run.epochs)
    seconds = sum(float(line.get("seconds") or 0) for line in run.epochs)
    parts = [f"epoch {run.epochs[-1]['epoch']}" + (f" of {planned}" if planned else "")]
    parts += [f"best epoch {best}"] if best is not None else []
    return ", ".join([*parts, f"{seconds:,.0f} s of training", curves.state_of(run)])


def _name(run: Path, folder: Path) -> str:
    place = folder.resolve()
    return str(run.relative_to(place)) if run != place and run.is_relative_to(place) else run.name
