"""All tags of a library: search by one, write one in another way, make two one."""

import streamlit as st

from twinlens.apps.libraries.library import Library
from twinlens.apps.streamlit.notices import attempt


def offer_tags(library: Library) -> None:
    """Draws a menu that renames a tag on all photos."""
    tags = library.giving.tags()
    if not tags:
        return
    with st.popover("Tags", icon=":material/sell:"):
        tag = st.selectbox("Tag", list(tags), key="tag to rename", format_func=lambda one: f"{one} ({tags[one]:,})")
        name = st.text_input("New name", key="new tag", max_chars=100)
        merge = st.checkbox("If there is a tag of that name, make the two one", key="merge tags")
        args = (library.giving.rename_tag, tag, name)
        is_ready = bool(name.strip())
        st.button(
            "Rename", key="rename tag", on_click=attempt, args=args, kwargs={"merge": merge}, disabled=not is_ready
        )
