"""The captions of a photo, edited; and descriptions that can be taken as captions."""

import streamlit as st

from twinlens.apps.libraries.library import Library, PhotoFacts
from twinlens.apps.streamlit.finding.browser import browser_language
from twinlens.apps.streamlit.notices import attempt, plain, show_errors

LONGEST = 2000


def offer_captions(library: Library, facts: PhotoFacts) -> None:
    """Draws the captions, a field for each, and one for a new one; an emptied one is taken away."""
    for caption in facts.captions:
        st.markdown(f"> {plain(caption)}")
    with st.expander("Change the captions" if facts.captions else "Give it a caption", key=f"captions {facts.id}"):
        for caption in facts.captions:
            key = f"caption {facts.id} {caption}"
            st.session_state.setdefault(key, caption)
            st.text_area(
                "Caption; empty it to take it away",
                key=key,
                max_chars=LONGEST,
                height="content",
                on_change=_change,
                args=(library, facts.id, caption, key),
            )
        new = f"new caption {facts.id}"
        hint = "what it shows; searches find it by these words, too"
        args = (library, facts.id, new)
        st.text_input("A new caption", key=new, max_chars=LONGEST, placeholder=hint, on_change=_add, args=args)


def offer_descriptions(library: Library, facts: PhotoFacts) -> None:
    """Draws descriptions of the built-in list that fit; a click takes one as a caption."""
    with st.expander("Descriptions that fit", key=f"describe {facts.id}", on_change="rerun") as described:
        if not described.open:
            return
        with show_errors(), st.spinner("The first time for a model this takes half a minute"):
            for hit in library.described(facts.id, browser_language()).hits:
                text = hit.caption or ""
                if text in facts.captions:
                    st.caption(f"✓ {plain(text)}")
                    continue
                args = (library.giving.caption, facts.id, text)
                label = f"+ {plain(text)}" + (f" · {hit.grade}" if hit.grade else "")
                about = "Take it as a caption"
                st.button(label, key=f"describe {text}", help=about, on_click=attempt, args=args, type="tertiary")


def _change(library: Library, photo_id: str, before: str, key: str) -> None:
    now = st.session_state[key].strip()
    if not now:
        attempt(library.giving.uncaption, photo_id, before)
    elif now != before:
        attempt(library.giving.caption, photo_id, now, instead_of=before)


def _add(library: Library, photo_id: str, key: str) -> None:
    text = st.session_state[key].strip()
    if text and attempt(library.giving.caption, photo_id, text) is not None:
        st.session_state[key] = ""
