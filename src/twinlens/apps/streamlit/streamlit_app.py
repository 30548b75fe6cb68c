"""The Streamlit page: search by text, search by picture, evaluation, training runs."""

import streamlit as st

from twinlens.apps.streamlit.evaluation_tab import evaluation_tab
from twinlens.apps.streamlit.notices import show_errors
from twinlens.apps.streamlit.picture_tab import picture_tab
from twinlens.apps.streamlit.runs_tab import runs_tab
from twinlens.apps.streamlit.settings import AppSettings
from twinlens.apps.streamlit.sidebar import choose
from twinlens.apps.streamlit.words_tab import words_tab

TABS = ("Find by words", "Find by picture", "Evaluation", "Training runs")


def page() -> None:
    """Draws the whole page; Streamlit reruns it on every click."""
    st.set_page_config(page_title="twinlens", page_icon="📷", layout="wide")
    st.title("twinlens")
    with show_errors():
        settings = AppSettings.from_environment()
        with st.sidebar:
            chosen = choose(settings)
        words, picture, evaluation, runs = st.tabs(TABS)
        for tab, show in ((words, words_tab), (picture, picture_tab)):
            with tab:
                if chosen.library is None:
                    st.info("Choose a collection in the sidebar first.")
                else:
                    show(chosen.library)
        with evaluation:
            evaluation_tab(chosen.model)
        with runs:
            runs_tab()


if __name__ == "__main__":  # true when Streamlit runs the file
    page()
