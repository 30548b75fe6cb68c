"""The view of what a library was taught: words of one's own, opinions on searches, and lessons."""

from collections.abc import Sequence

import streamlit as st

from twinlens.api.photos.teaching import Said
from twinlens.apps.libraries.library import Library, SearchOptions
from twinlens.apps.streamlit.curating.lesson import offer_lesson
from twinlens.apps.streamlit.finding.asked import OPEN, Asked, open_photo, take_words
from twinlens.apps.streamlit.finding.hits import show_thumbnail
from twinlens.apps.streamlit.finding.photo_view import photo_view
from twinlens.apps.streamlit.notices import attempt, plain, show_errors
from twinlens.counted import counted

SHOWN = 6  # photos of a word
VIEW = "view"  # the tab that is open
PHOTOS = "Photos"


def teaching_tab(library: Library) -> None:
    """Draws the view; or the photo that was opened."""
    with show_errors():
        if (photo_id := st.session_state.get(OPEN)) is not None:
            photo_view(library, photo_id, Asked(), SearchOptions())
            return
        said = library.teaching.said()
        st.subheader("Words of your own")
        _offer_word(library)
        for one in said:
            if one.kind == "word":
                _show(library, one)
        st.subheader("What you said of searches")
        opinions = [one for one in said if one.kind == "query"]
        if not opinions:
            st.caption("Nothing yet: the thumbs below the photos of a search say what fits and what does not.")
        for one in opinions:
            _show(library, one)
        st.subheader("A lesson")
        offer_lesson(library)


def _offer_word(library: Library) -> None:
    st.caption(
        "A name or a place that only you know is learnt from about five photos. Choose them in the view of photos "
        "and open “With these” there; or type a word here that names or captions of photos have, or for which you "
        "called photos good."
    )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        word = st.text_input("Word", key="word to learn", max_chars=60, placeholder="Rex")
        args = (library, "word to learn")
        st.button("Learn it", key="learn word", on_click=_learn_word, args=args, disabled=not word.strip())


def _learn_word(library: Library, key: str) -> None:
    if attempt(library.teaching.teach_word, st.session_state[key].strip()) is not None:
        st.session_state[key] = ""


def _show(library: Library, said: Said) -> None:
    """A word or a query with its photos, and what can be done with it."""
    key = f"{said.kind} {said.subject}"
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center"):
            counts = [f"{len(photos):,} {what}" for what, photos in (("good", said.good), ("bad", said.bad)) if photos]
            told = counted(len(said.good), "photo") if said.kind == "word" else ", ".join(counts)
            st.markdown(f"**{plain(said.subject)}**  :small[{told}]")
            st.button("Search", key=f"search {key}", on_click=_search, args=(said.subject,), type="tertiary")
            st.button("Forget", key=f"forget {key}", on_click=_forget, args=(library, said), type="tertiary")
        _show_photos(library, said.good, key=key)
        if said.bad:
            st.caption("not like these")
            _show_photos(library, said.bad, key=f"{key} bad")


def _show_photos(library: Library, photo_ids: Sequence[str], *, key: str) -> None:
    with st.grid(SHOWN, min_column_width=90, gap="small", key=f"photos {key}") as grid:
        for photo_id in photo_ids[:SHOWN]:
            with grid.cell(), st.container(gap="xsmall"):
                show_thumbnail(library, photo_id)
                args = (photo_id,)
                st.button("Open", key=f"open {key} {photo_id}", on_click=open_photo, args=args, type="tertiary")


def _search(words: str) -> None:
    take_words(words)
    st.session_state[VIEW] = PHOTOS


def _forget(library: Library, said: Said) -> None:
    if said.kind == "word":
        attempt(library.teaching.forget_word, said.subject)
    else:
        attempt(library.giving.forget_feedback, said.subject)
