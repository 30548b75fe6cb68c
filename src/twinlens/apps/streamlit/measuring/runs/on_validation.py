"""The best weights of runs, measured on their validation photos and compared with each other."""

import streamlit as st

from twinlens import api
from twinlens.apps.streamlit.measuring.comparison import show_comparison
from twinlens.apps.streamlit.measuring.headlines import show_table
from twinlens.apps.streamlit.measuring.measure_form import kept, measure_and_keep
from twinlens.apps.streamlit.measuring.measured import Measured, origin_of
from twinlens.apps.streamlit.measuring.runs.run_views import Runs
from twinlens.apps.streamlit.notices import show_errors

SPLIT = "val"
ABOUT = (
    "Measures the weights of each best epoch on the validation photos that it was chosen by, and compares the runs "
    "on the same photos: differences with intervals, and searches that only one of them answers. "
    "The figures are slightly too good, because the epochs were chosen by them; for a final figure measure the test "
    "photos once, in 'Evaluation'."
)


def show_on_validation(runs: Runs) -> None:
    """Offers to measure the runs, and draws what was measured."""
    ready = {name: run for name, run in runs.items() if run.data and api.runs.has_weights(run.path)}
    if not ready:
        return
    st.subheader("On the validation photos")
    measured = _measured(ready)
    if len(measured) < len(ready):
        st.caption(ABOUT)
        word = "this run" if len(ready) == 1 else f"these {len(ready)} runs"
        if st.button(f"Measure {word}", key="measure runs", type="primary"):
            with show_errors():
                for run in ready.values():
                    if run.path not in measured:
                        measure_and_keep(str(run.data), split=SPLIT, model=str(run.path))
                st.rerun()
    several = [one for each in measured.values() for one in each]
    if several:
        show_table(several)
    if len(several) > 1:
        show_comparison(several)
    if several:
        st.caption("'Evaluation' has these, too, with more figures, examples and files to download.")


def _measured(runs: Runs) -> dict[object, list[Measured]]:
    """Folder → what was measured of it before; runs that were not measured are left out."""
    found = {run.path: origin_of(str(run.data), SPLIT, str(run.path)) for run in runs.values()}
    several = {path: [one for one in kept() if one.origin == origin] for path, origin in found.items()}
    return {path: own for path, own in several.items() if own}
