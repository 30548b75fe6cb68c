"""The view that finds photos: newest ones at first, then what is searched for."""

import math
from dataclasses import replace

import streamlit as st

from twinlens.api.searching import Answer
from twinlens.apps.libraries.library import Library, SearchOptions
from twinlens.apps.streamlit.browsing.panels import browse_panels
from twinlens.apps.streamlit.finding.asked import OPEN, Asked, take_words
from twinlens.apps.streamlit.finding.browser import browser_language
from twinlens.apps.streamlit.finding.doing import offer_doing
from twinlens.apps.streamlit.finding.hits import show_captions, show_grid
from twinlens.apps.streamlit.finding.photo_view import photo_view
from twinlens.apps.streamlit.finding.reading import show_counts, show_reading
from twinlens.apps.streamlit.finding.search_box import search_box
from twinlens.apps.streamlit.finding.search_options import search_options
from twinlens.apps.streamlit.notices import show_errors

PLACE = "found"
OPTIONS = "options of the photos"


def photos_tab(library: Library) -> None:
    """Draws the view: a search box, and the photos; or one photo that was opened."""
    with show_errors():
        asked = search_box(library)
        if (photo_id := st.session_state.get(OPEN)) is not None:
            photo_view(library, photo_id, asked, st.session_state.get(OPTIONS, SearchOptions()))
            return
        if not asked:
            _show_examples(library)
        st.session_state[OPTIONS] = options = browse_panels(library, search_options(library), asked)
        _show_found(library, asked, options)


def _show_examples(library: Library) -> None:
    with show_errors():
        if examples := library.examples():
            st.caption("This library has, for example:")
            with st.container(horizontal=True, gap="xsmall"):
                for example in examples:
                    st.button(example, on_click=take_words, args=(example,), key=f"example {example}")


def _show_found(library: Library, asked: Asked, options: SearchOptions) -> None:
    key = f"page {asked.key(options)}"
    page = int(st.session_state.get(key, 1))
    answer = asked.find(library, replace(options, offset=(page - 1) * options.k))
    show_reading(answer, asked.words)
    if [one.is_wanted for one in asked.pictures] == [True] and asked.pictures[0].data:
        with st.expander("Captions that fit the picture"), show_errors():
            wanted = SearchOptions(filters=options.filters, language=browser_language())
            show_captions(library.captions_of(asked.pictures[0].data, wanted))
    with st.container(horizontal=True, vertical_alignment="center"):
        show_counts(answer, is_search=bool(asked))
        if answer.shown:
            offer_doing(library, asked, options, answer)
    words = asked.words if asked and not asked.pictures and _has_words(answer) else ""
    st.session_state["page ids"] = [hit.id for hit in answer.shown]
    show_grid(library, answer, answer.shown, words=words, place=PLACE)
    if (pages := num_pages(answer)) > 1:
        if page > pages:
            st.session_state[key] = pages
        st.pagination(pages, key=key, persist_state="session")


def num_pages(answer: Answer) -> int:
    """How many pages the photos that are shown have together; the closest ones have one.

    >>> from twinlens.api.searching import Search
    >>> num_pages(Answer(Search.of("a dog", k=10), [], 90, 21, "", 0.0, num_entries=80))
    3
    >>> num_pages(Answer(Search.of("a dog", k=10, show_all=True), [], 90, 21, "", 0.0, num_entries=80))
    8
    """
    entries = answer.num_candidates if answer.num_entries is None else answer.num_entries
    if answer.matched is not None and not answer.search.show_all:
        entries = min(entries, answer.matched)
    return max(1, math.ceil(entries / answer.search.page.k))


def _has_words(answer: Answer) -> bool:
    """Whether opinions can be given: they are about what photos show, not about conditions."""
    return any(query.terms for query in answer.search.query.alternatives())
