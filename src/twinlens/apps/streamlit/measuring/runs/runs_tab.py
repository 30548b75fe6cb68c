"""The view of training runs: choose some, and see them together."""

from collections.abc import Mapping
from pathlib import Path

import streamlit as st

from twinlens import api
from twinlens.apps.streamlit.folder_chooser import folder_chooser
from twinlens.apps.streamlit.measuring.runs.known_runs import RUNS, RUNS_FOLDER
from twinlens.apps.streamlit.measuring.runs.on_validation import show_on_validation
from twinlens.apps.streamlit.measuring.runs.run_views import Runs, show_curves, show_difference, show_each, show_summary
from twinlens.apps.streamlit.notices import show_errors
from twinlens.apps.streamlit.typed_place import typed_place

MOST_AT_FIRST = 3
EVERY_S = 10  # how often a run that is being trained is read again
ABOUT = """
**There are no training runs yet.** Start one with `twinlens train RECIPE.toml --data DATA --out runs/NAME`:
its curves appear here while it is trained, and runs are compared with each other.
"""


def runs_tab() -> None:
    """Draws the view."""
    with st.container(horizontal=True):
        folder = folder_chooser("Runs", start=RUNS, key=RUNS_FOLDER, about="The folder of one run, or of several.")
        st.button("Read again", key="read runs", help="Finds new runs, and new epochs of a run in progress.")
    if folder == RUNS and not Path(RUNS).exists():
        st.markdown(ABOUT)
        return
    with show_errors():
        place = typed_place(folder, otherwise=".")
        names = {_name(run, Path(place).expanduser()): run for run in api.runs.find_runs(place)}
        newest = sorted(names, key=lambda name: -api.runs.changed_at(names[name]))[:MOST_AT_FIRST]
        chosen = st.multiselect("Runs to see", list(names), default=sorted(newest), key="run")
        paths = {name: names[name] for name in chosen}
        if any(api.runs.is_training(path) for path in paths.values()):
            st.fragment(_show_again, run_every=EVERY_S)(paths)
        else:
            _show(_read(paths))


def _show_again(paths: Mapping[str, Path]) -> None:
    """The runs as they are now; drawn again and again while one of them is trained."""
    runs = _read(paths)
    st.caption(f"Read again every {EVERY_S} seconds, while a run is trained.")
    _show(runs)
    if not any(run.is_training for run in runs.values()):
        st.rerun()


def _read(paths: Mapping[str, Path]) -> Runs:
    runs: dict[str, api.runs.TrainingRun] = {}
    for name, path in paths.items():
        with show_errors():
            runs[name] = api.runs.read_run(path)
    return runs


def _show(runs: Runs) -> None:
    if not runs:
        st.caption("Choose runs above to see them.")
        return
    show_summary(runs)
    show_curves(runs)
    show_on_validation(runs)
    show_difference(runs)
    show_each(runs)


def _name(run: Path, folder: Path) -> str:
    place = folder.resolve()
    return str(run.relative_to(place)) if run != place and run.is_relative_to(place) else run.name
