"""What is shown where there is nothing to search yet: how to begin."""

import streamlit as st

from twinlens.apps.streamlit.indexing import index_photos
from twinlens.apps.streamlit.notices import plain, show_errors
from twinlens.apps.streamlit.sidebar import Chosen

ABOUT = (
    "They are indexed once, on this machine: the photos stay as they are, and nothing leaves it. "
    "Another folder can be chosen in the sidebar, which » opens on a phone."
)


def first_page(chosen: Chosen) -> None:
    """Draws the page: the folder that can be indexed, or the hint to choose one."""
    if chosen.unindexed is None:
        st.info("Choose photos in the sidebar first; on a phone, » opens it.")
        return
    st.subheader("These photos cannot be searched yet")
    st.markdown(f"**{plain(chosen.unindexed)}**")
    st.markdown(ABOUT)
    if st.button("Index these photos", type="primary", key="index", icon=":material/photo_library:"):
        with show_errors():
            said = index_photos(chosen.unindexed, model=chosen.model)
            st.toast(plain(said), icon=":material/check:")
            st.rerun()
