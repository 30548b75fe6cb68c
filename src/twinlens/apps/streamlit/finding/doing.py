"""What can be done with the photos that were found: tag, rate, mark, put into an album, save, export."""

from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from twinlens.api.searching import Answer
from twinlens.apps.libraries.library import Library, SearchOptions
from twinlens.apps.streamlit.finding.asked import Asked
from twinlens.apps.streamlit.finding.export import FORMATS, exported
from twinlens.apps.streamlit.notices import attempt, show_errors
from twinlens.counted import counted

MOST_FOUND = 10_000
AT_ONCE = 200  # a page of a server has at most a thousand


def offer_doing(library: Library, asked: Asked, options: SearchOptions, answer: Answer) -> None:
    """A menu for all photos of the page, or all that match."""
    with st.popover("With these", icon=":material/checklist:"):
        page, everything = f"This page ({len(answer.shown):,})", "All that are found"
        scope = st.radio("Photos", (page, everything), key="scope", horizontal=True)
        tag = st.text_input("Tag", key="tag these", placeholder="holidays")
        if st.button("Tag them", key="do tag", disabled=not tag):
            ids = _ids(library, asked, options, answer, everything=scope == everything)
            _tell(attempt(library.giving.tag, ids, [tag]), "tagged")
        names = [card.name for card in library.giving.albums() if not card.query]
        hint = "choose, or type a new one"
        album = st.selectbox("Album", names, index=None, key="album these", accept_new_options=True, placeholder=hint)
        if st.button("Put them in", key="do album", disabled=not album) and album:
            ids = _ids(library, asked, options, answer, everything=scope == everything)
            _tell(attempt(library.giving.put, album, ids), "put in")
        if st.button("Mark as favourites", key="do favourite"):
            ids = _ids(library, asked, options, answer, everything=scope == everything)
            _tell(attempt(library.giving.mark, ids), "marked")
        if asked.words.strip() and not asked.pictures:
            _offer_saving(library, asked.words, has_filters=any(options.filters.values()))
        _offer_export(library, asked, options, answer, everything=scope == everything)


def _tell(changed: int | None, done: str) -> None:
    if changed is not None:
        st.success(f"{counted(changed, 'photo')} {done}")


def _offer_saving(library: Library, words: str, *, has_filters: bool) -> None:
    if has_filters:
        st.caption("An album keeps the words of the box, not the filters; write these into the box, as folder:Italy.")
    name = st.text_input("Save this search as an album", key="save as", placeholder="its name")
    if st.button("Save", key="do save", disabled=not name) and attempt(_save, library, name, words):
        st.success("Saved; the album shows what the search finds whenever it is opened.")


def _save(library: Library, name: str, words: str) -> bool:
    library.giving.save_search(name, words)
    return True


def _offer_export(library: Library, asked: Asked, options: SearchOptions, answer: Answer, *, everything: bool) -> None:
    chosen = st.selectbox("Export as", list(FORMATS), key="export as")
    if st.button("Prepare", key="do export"):
        with show_errors():
            found = answer if not everything else all_found(library, asked, options)
            file = exported(library, found, chosen)
            name, mime = FORMATS[chosen]
            st.download_button(f"Download {name}", file, name, mime, key="download", on_click="ignore")


def _ids(library: Library, asked: Asked, options: SearchOptions, answer: Answer, *, everything: bool) -> Sequence[str]:
    found = all_found(library, asked, options) if everything else answer
    return [hit.id for hit in found.shown]


def all_found(library: Library, asked: Asked, options: SearchOptions, *, at_once: int = AT_ONCE) -> Answer:
    """The answer with the photos of all its pages, at most ``MOST_FOUND``; the closest ones, if none matches."""
    first = asked.find(library, replace(options, k=at_once, offset=0))
    hits, found = list(first.shown), first
    while len(found.matching) == at_once and len(hits) < MOST_FOUND:
        found = asked.find(library, replace(options, k=at_once, offset=len(hits)))
        hits += found.matching
    return replace(first, hits=hits[:MOST_FOUND])
