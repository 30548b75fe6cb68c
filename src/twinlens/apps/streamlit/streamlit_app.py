"""The Streamlit page: photos, albums, what was taught, duplicates, evaluation, training runs."""

from pathlib import Path

import streamlit as st

from twinlens.apps.streamlit.curating.albums_tab import albums_tab
from twinlens.apps.streamlit.curating.duplicates_tab import duplicates_tab
from twinlens.apps.streamlit.curating.teaching_tab import teaching_tab
from twinlens.apps.streamlit.finding.asked import close_photo
from twinlens.apps.streamlit.finding.photos_tab import photos_tab
from twinlens.apps.streamlit.first_page import first_page
from twinlens.apps.streamlit.measuring.evaluation_tab import evaluation_tab
from twinlens.apps.streamlit.measuring.runs.runs_tab import runs_tab
from twinlens.apps.streamlit.notices import show_errors
from twinlens.apps.streamlit.settings import AppSettings
from twinlens.apps.streamlit.sidebar import choose

TABS = ("Photos", "Albums", "Teaching", "Duplicates", "Evaluation", "Training runs")
OF_PHOTOS = (photos_tab, albums_tab, teaching_tab, duplicates_tab)  # the first tabs
VIEW = "view"
LOOK = Path(__file__).with_name("look.css")


def page() -> None:
    """Draws the page with the view that is open; Streamlit reruns it on every click."""
    st.set_page_config(page_title="twinlens", page_icon="📷", layout="wide")
    st.html(LOOK)
    with show_errors():
        settings = AppSettings.from_environment()
        with st.sidebar:
            st.title("twinlens")
            chosen = choose(settings)
        *of_photos, evaluation, runs = st.tabs(TABS, key=VIEW, on_change=close_photo)
        for tab, show in zip(of_photos, OF_PHOTOS, strict=True):
            if tab.open:
                with tab:
                    if chosen.library is None:
                        first_page(chosen)
                    else:
                        show(chosen.library)
        if evaluation.open:
            with evaluation:
                evaluation_tab(chosen.model)
        if runs.open:
            with runs:
                runs_tab()


if __name__ == "__main__":  # true when Streamlit runs the file
    page()
