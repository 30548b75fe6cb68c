"""What can be done with photos that were found or chosen: tag, mark, put into an album, save, teach, export."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import streamlit as st

from twinlens.api.searching import Answer
from twinlens.apps.libraries.library import Library, SearchOptions
from twinlens.apps.streamlit.finding.asked import Asked
from twinlens.apps.streamlit.finding.choosing import chosen_photos, clear_choice
from twinlens.apps.streamlit.finding.export import FORMATS, answer_of, exported
from twinlens.apps.streamlit.finding.tagging import accept_suggested
from twinlens.apps.streamlit.notices import attempt, show_errors
from twinlens.counted import counted

MOST_FOUND = 10_000
AT_ONCE = 200  # a page of a server has at most a thousand
PAGE, EVERYTHING, CHOSEN = "This page", "All that are found", "Chosen"
SHOW_IT, LOOK_LIKE_IT = "They show it", "They only look like it"


@dataclass(frozen=True)
class These:
    """The photos that something is done with.

    Attributes:
        scope: the page, all that were found, or those that were chosen.
        find: the answer with all of them; it may search.
    """

    scope: str
    find: Callable[[], Answer]

    def ids(self) -> Sequence[str]:
        """Ids of the photos."""
        return chosen_photos() if self.scope == CHOSEN else [hit.id for hit in self.find().shown]


def offer_doing(library: Library, asked: Asked, options: SearchOptions, answer: Answer) -> None:
    """A menu for all photos of the page, all that match, or those that were chosen."""
    with st.popover("With these", icon=":material/checklist:"):
        these = _offer_scope(library, asked, options, answer)
        _offer_giving(library, these)
        _offer_word(library, these)
        if asked.words.strip() and not asked.pictures:
            _offer_saving(library, asked.words, has_filters=any(options.filters.values()))
        _offer_export(library, these)


def _offer_scope(library: Library, asked: Asked, options: SearchOptions, answer: Answer) -> These:
    chosen = chosen_photos()
    scopes = [PAGE, EVERYTHING, *([CHOSEN] if chosen else [])]
    counts = {PAGE: f"{PAGE} ({len(answer.shown):,})", CHOSEN: f"{CHOSEN} ({len(chosen):,})"}
    scope = st.radio(
        "Photos",
        scopes,
        index=len(scopes) - 1 if chosen else 0,
        format_func=lambda one: counts.get(one, one),
        key="scope of chosen" if chosen else "scope",
        horizontal=True,
    )
    if chosen:
        st.button("Choose none", key="choose none", on_click=clear_choice, type="tertiary")

    def find() -> Answer:
        if scope == CHOSEN:
            return answer_of(library, chosen)
        return answer if scope == PAGE else all_found(library, asked, options)

    return These(scope, find)


def _offer_giving(library: Library, these: These) -> None:
    tag = st.text_input("Tag", key="tag these", placeholder="holidays")
    if st.button("Tag them", key="do tag", disabled=not tag):
        _tell(attempt(lambda: library.giving.tag(these.ids(), [tag])), "tagged")
    if st.button("Give them suggested tags", key="do suggested", help="Those that fit for sure, of a built-in list."):
        _tell(attempt(lambda: accept_suggested(library, these.ids())), "tagged")
    names = [card.name for card in library.giving.albums() if not card.query]
    hint = "choose, or type a new one"
    album = st.selectbox("Album", names, index=None, key="album these", accept_new_options=True, placeholder=hint)
    if st.button("Put them in", key="do album", disabled=not album) and album:
        _tell(attempt(lambda: library.giving.put(album, these.ids())), "put in")
    with st.container(horizontal=True, vertical_alignment="center"):
        if st.button("Mark as favourites", key="do favourite"):
            _tell(attempt(lambda: library.giving.mark(these.ids())), "marked")
        if st.button("Remove the marks", key="do unmark"):
            _tell(attempt(lambda: library.giving.mark(these.ids(), is_favourite=False)), "changed")


def _tell(changed: int | None, done: str) -> None:
    if changed is not None:
        st.success(f"{counted(changed, 'photo')} {done}")


def _offer_word(library: Library, these: These) -> None:
    word = st.text_input("Teach a word of your own", key="word these", max_chars=60, placeholder="Rex")
    role = st.radio("Photos of it", (SHOW_IT, LOOK_LIKE_IT), key="role", horizontal=True, label_visibility="collapsed")
    if st.button("Teach it", key="do word", disabled=not word.strip()):
        good, bad = (these.ids(), []) if role == SHOW_IT else ([], these.ids())
        with show_errors():
            said = library.teaching.teach_word(word, good, bad=bad)
            shown = counted(len(said.good), "photo shows", "photos show")
            st.success(f"“{said.subject}” is what {shown}; searches know the word now.")


def _offer_saving(library: Library, words: str, *, has_filters: bool) -> None:
    if has_filters:
        st.caption("An album keeps the words of the box, not the filters; write these into the box, as folder:Italy.")
    name = st.text_input("Save this search as an album", key="save as", placeholder="its name")
    if st.button("Save", key="do save", disabled=not name) and attempt(_save, library, name, words):
        st.success("Saved; the album shows what the search finds whenever it is opened.")


def _save(library: Library, name: str, words: str) -> bool:
    library.giving.save_search(name, words)
    return True


def _offer_export(library: Library, these: These) -> None:
    chosen = st.selectbox("Export as", list(FORMATS), key="export as")
    if st.button("Prepare", key="do export"):
        with show_errors():
            file = exported(library, these.find(), chosen)
            name, mime = FORMATS[chosen]
            st.download_button(f"Download {name}", file, name, mime, key="download", on_click="ignore")


def all_found(library: Library, asked: Asked, options: SearchOptions, *, at_once: int = AT_ONCE) -> Answer:
    """The answer with the photos of all its pages, at most ``MOST_FOUND``; the closest ones, if none matches."""
    first = asked.find(library, replace(options, k=at_once, offset=0))
    hits, found = list(first.shown), first
    while len(found.matching) == at_once and len(hits) < MOST_FOUND:
        found = asked.find(library, replace(options, k=at_once, offset=len(hits)))
        hits += found.matching
    return replace(first, hits=hits[:MOST_FOUND])
