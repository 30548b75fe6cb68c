"""The search box: words and pictures."""

import streamlit as st

from twinlens.apps.libraries.library import Library
from twinlens.apps.streamlit.finding.asked import WORDS, Asked
from twinlens.apps.streamlit.finding.picture_box import asked_pictures, offer_pictures

HINT = "a dog on a beach   ·   dog -cat year:2023   ·   rating>=4   ·   dog + 0.5 beach"
LANGUAGE = """
Words find by meaning, and by names, captions and tags.

| write | to find |
| --- | --- |
| `"exact phrase"` | what is written so |
| `dog -cat`, `a dog without a cat` | leave something out |
| `beach OR lake` | either |
| `folder:Italy tag:kids album:Best` | what you gave, and where it lies |
| `year:2023 after:"last summer"` | by date |
| `rating>=4 favourite:yes has:caption` | by what is known |
| `dog + 0.5 beach - 0.3 night` | a weighted sum |
"""


def search_box(library: Library) -> Asked:
    """Draws the box; its contents stay while other views are open."""
    with st.container(horizontal=True, vertical_alignment="bottom", key="search box"):
        words = st.text_input(
            "What to look for",
            key=WORDS,
            max_chars=1000,
            placeholder=HINT,
            label_visibility="collapsed",
            icon=":material/search:",
            width="stretch",
            persist_state="session",
        )
        uploads = offer_pictures()
        with st.popover("Help", help="What may be written here"):
            st.markdown(LANGUAGE)
    return Asked(words or "", asked_pictures(library, uploads))
