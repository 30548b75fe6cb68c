"""The view of albums: all of them, and the photos of one."""

import math

import streamlit as st

from twinlens.apps.libraries.giving import AlbumCard
from twinlens.apps.libraries.library import Library, SearchOptions
from twinlens.apps.streamlit.curating.tags import offer_tags
from twinlens.apps.streamlit.finding.asked import OPEN, Asked
from twinlens.apps.streamlit.finding.hits import show_grid, show_thumbnail
from twinlens.apps.streamlit.finding.photo_view import photo_view
from twinlens.apps.streamlit.notices import attempt, plain, show_errors
from twinlens.counted import counted

ALBUM = "open album"
PAGE = 24


def albums_tab(library: Library) -> None:
    """Draws the view: covers of all albums; or the photos of the album that was opened."""
    with show_errors():
        cards = {card.name: card for card in library.giving.albums()}
        if (photo_id := st.session_state.get(OPEN)) is not None:
            card = cards.get(st.session_state.get(ALBUM, ""))
            if card is not None and not card.query:
                args = (library.giving.put_first, card.name, [photo_id])
                st.button(f"Put it first in {plain(card.name)}", key="put first", on_click=attempt, args=args)
            photo_view(library, photo_id, Asked(), SearchOptions())
        elif (card := cards.get(st.session_state.get(ALBUM, ""))) is not None:
            _show_album(library, card)
        else:
            _show_all(library, list(cards.values()))


def open_album(name: str | None) -> None:
    """Shows an album, or all of them."""
    st.session_state[ALBUM] = name or ""


def _show_all(library: Library, cards: list[AlbumCard]) -> None:
    if not cards:
        st.info(
            "There are no albums yet. Open a photo and put it into one, or search, and save the search as an album: "
            "it then shows what the search finds whenever it is opened."
        )
    offer_tags(library)
    pages = max(1, math.ceil(len(cards) / PAGE))
    page = st.pagination(pages, key="page of albums") if pages > 1 else 1
    with st.grid(min_column_width=150, key="photos of albums") as grid:
        for card in cards[(page - 1) * PAGE : page * PAGE]:
            with grid.cell(), st.container(gap="xsmall"):
                first = library.giving.album(card.name, k=1).shown
                if first:
                    show_thumbnail(library, first[0].id)
                count = "" if card.num_photos is None else f" · {counted(card.num_photos, 'photo')}"
                kind = " · saved search" if card.query else ""
                st.caption(f"{plain(card.name)}{count}{kind}")
                st.button("Open", key=f"album {card.name}", on_click=open_album, args=(card.name,), type="tertiary")


def _show_album(library: Library, card: AlbumCard) -> None:
    key = f"page of {card.name}"
    page = int(st.session_state.get(key, 1))
    answer = library.giving.album(card.name, k=PAGE, offset=(page - 1) * PAGE)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.button("All albums", key="all albums", icon=":material/arrow_back:", on_click=open_album, args=(None,))
        with st.popover("Change"):
            _offer_changes(library, card)
    st.subheader(plain(card.name))
    if card.query:
        st.caption(f"What this search finds: {plain(card.query)}")
    st.session_state["page ids"] = [hit.id for hit in answer.shown]
    show_grid(library, answer, answer.shown, words="", place="album")
    if (pages := math.ceil(answer.num_candidates / PAGE)) > 1:
        if page > pages:
            st.session_state[key] = pages
        st.pagination(pages, key=key, persist_state="session")


def _offer_changes(library: Library, card: AlbumCard) -> None:
    name = st.text_input("Name", value=card.name, key=f"name {card.name}")
    args = (library, card.name, name)
    st.button("Rename", key="rename album", on_click=_rename, args=args, disabled=not name.strip())
    sure = st.checkbox("Delete this album, but none of its photos", key=f"sure {card.name}")
    st.button("Delete", key="delete album", on_click=_delete, args=(library, card.name), disabled=not sure)


def _rename(library: Library, name: str, new: str) -> None:
    with show_errors():
        library.giving.rename_album(name, new)
        open_album(" ".join(new.split()))


def _delete(library: Library, name: str) -> None:
    attempt(library.giving.delete_album, name)
    open_album(None)
