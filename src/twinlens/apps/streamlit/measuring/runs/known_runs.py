"""The training runs of the folder that was chosen in the view of runs."""

from pathlib import Path

import streamlit as st

from twinlens import api
from twinlens.errors import DataError

RUNS = "runs"  # the default of 'twinlens train'
RUNS_FOLDER = "runs folder"  # key of the choice


def measurable_runs() -> list[Path]:
    """Runs with weights, which can be evaluated; none where there is no folder of runs."""
    try:
        found = api.runs.find_runs(str(st.session_state.get(RUNS_FOLDER, RUNS)).strip() or ".")
    except (DataError, OSError, ValueError):  # the view of runs says why
        return []
    return [run for run in found if api.runs.has_weights(run)]
