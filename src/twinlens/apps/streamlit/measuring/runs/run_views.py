"""Parts of the view of training runs: a summary, curves, what differs, and each run by itself."""

import json
from collections.abc import Mapping

import streamlit as st

from twinlens import api
from twinlens.apps.streamlit.measuring.charts import show_chart
from twinlens.apps.streamlit.measuring.downloads import csv_of, download, file_name
from twinlens.apps.streamlit.measuring.figures import ABOUT_INTERVALS, DIRECTIONS, figure_rows, is_report
from twinlens.apps.streamlit.measuring.runs import curves
from twinlens.apps.streamlit.measuring.runs.run_charts import lines
from twinlens.apps.streamlit.notices import plain

MEASURES = ("R@1", "R@5", "R@10", "MRR")
Runs = Mapping[str, api.runs.TrainingRun]


def show_summary(runs: Runs) -> None:
    """A table with a row for each run, and its files."""
    st.table([_escaped(curves.summary_row(name, run)) for name, run in runs.items()], hide_index=True)
    with (
        st.container(horizontal=True, horizontal_alignment="right"),
        st.popover("Download", icon=":material/download:"),
    ):
        rows = [row for name, run in runs.items() for row in curves.epoch_rows(name, run.epochs)]
        download("All epochs (CSV)", csv_of(rows), "epochs.csv")
        whole = {name: _whole(run) for name, run in runs.items()}
        download("Runs (JSON)", json.dumps(whole, indent=1, ensure_ascii=False), "runs.json")
        for name, run in runs.items():
            if (report := run.path / "report.html").is_file():
                label = f"Report of {name} with its figures (HTML)"
                download(label, report.read_bytes, f"{file_name(name)}.html")
        st.caption("Each chart and table has its own menu as well, at its upper right corner.")


def show_curves(runs: Runs) -> None:
    """Loss, recall and learning rates over epochs."""
    if not any(run.epochs for run in runs.values()):
        return
    best = {name: curves.best_epoch(run.epochs) for name, run in runs.items()}
    resumed = [row for name, run in runs.items() for row in curves.resumed_rows(name, run)]
    marks = ["◇ the best epoch, whose weights are kept"]
    marks += ["┊ interrupted there, and resumed"] if resumed else []
    st.caption(" · ".join(marks))
    measure = st.segmented_control("Measure", MEASURES, default=MEASURES[0], key="curve measure", required=True)
    losses = [row for name, run in runs.items() for row in curves.loss_rows(name, run.epochs)]
    recalls = [row for name, run in runs.items() for row in curves.recall_rows(name, run.epochs, str(measure))]
    rates = [row for name, run in runs.items() for row in curves.rate_rows(name, run.epochs)]
    unit = "" if measure == "MRR" else " in %"
    left, right = st.columns(2)
    for place, title, axis, rows, is_log in (
        (left, "Loss", "loss", losses, False),
        (right, f"{measure} on the validation photos", f"{measure}{unit}", recalls, False),
        (st.expander("Learning rates"), "Learning rates", "learning rate", rates, True),
    ):
        if rows:
            with place:
                if not is_log:
                    st.markdown(f"**{title}**")
                marked = [] if is_log else curves.of_best(rows, best)
                chart = lines(rows, y=axis, best=marked, resumed=resumed, is_log=is_log)
                kinds = len({row["kind"] for row in rows})
                height = 300 + 20 * max(len(runs), kinds)
                about = f"{title} over the epochs of {', '.join(runs)}"
                show_chart(chart, height=height, key=f"curves {title}", alt=about)


def show_difference(runs: Runs) -> None:
    """In which settings the recipes differ."""
    if len(runs) < 2:
        return
    st.subheader("What differs")
    rows = curves.differing({name: run.recipe for name, run in runs.items()})
    st.table([_escaped(row) for row in rows], hide_index=True) if rows else st.caption("Their recipes are the same.")


def show_each(runs: Runs) -> None:
    """Each run by itself: its figures, its recipe, and with what it was trained."""
    st.subheader("Each run" if len(runs) > 1 else "The run")
    for name, run in runs.items():
        with st.expander(plain(name), expanded=len(runs) == 1):
            _show_run(run)


def _show_run(run: api.runs.TrainingRun) -> None:
    st.text(run_line(run))
    if run.validation is not None and is_report(run.validation):
        has_intervals = any("ci95" in run.validation.get(direction, {}) for direction in DIRECTIONS)
        brackets = f"; in brackets, {ABOUT_INTERVALS}" if has_intervals else ""
        st.caption(f"The best epoch on the validation photos{brackets}")
        st.dataframe(figure_rows(run.validation), hide_index=True)
    left, right = st.columns(2)
    with left:
        st.caption("Recipe")
        st.dataframe(curves.settings_of(run.recipe), hide_index=True)
    if run.environment:
        with right:
            st.caption("Environment")
            st.dataframe(curves.settings_of(run.environment), hide_index=True)


def run_line(run: api.runs.TrainingRun) -> str:
    """Progress of a run, in one line."""
    if not run.epochs:
        return "No epoch is finished yet."
    planned, best = curves.planned_epochs(run.recipe), curves.best_epoch(run.epochs)
    seconds = sum(float(line.get("seconds") or 0) for line in run.epochs)
    parts = [f"epoch {run.epochs[-1]['epoch']}" + (f" of {planned}" if planned else "")]
    parts += [f"best epoch {best}"] if best is not None else []
    parts += [f"resumed after epoch {epoch}" for epoch in run.resumed_after]
    return ", ".join([*parts, f"{seconds:,.0f} s of training", curves.state_of(run)])


def _whole(run: api.runs.TrainingRun) -> dict[str, object]:
    return {
        "recipe": run.recipe,
        "environment": run.environment,
        "epochs": run.epochs,
        "validation": run.validation,
    }


def _escaped(row: Mapping[str, str]) -> dict[str, str]:
    """A row for a table that renders Markdown."""
    return {plain(name): plain(value) for name, value in row.items()}
