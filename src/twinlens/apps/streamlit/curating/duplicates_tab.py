"""The view of duplicates: groups side by side with their evidence, and a list for other tools; nothing is deleted."""

import math

import streamlit as st

from twinlens.api.photos.duplicates import KINDS, Kind
from twinlens.apps.libraries.duplicates import DuplicatesPage
from twinlens.apps.libraries.library import Library, SearchOptions
from twinlens.apps.streamlit.curating.duplicate_group import KIND_NAMES, show_group
from twinlens.apps.streamlit.curating.move_list import is_listed, list_of
from twinlens.apps.streamlit.finding.asked import OPEN, Asked
from twinlens.apps.streamlit.finding.photo_view import photo_view
from twinlens.apps.streamlit.notices import show_errors
from twinlens.counted import counted

PAGE = 10
AT_ONCE = 200  # a server tells so many groups in one answer
ALL = "all"


def duplicates_tab(library: Library) -> None:
    """Draws the view: the groups of one kind or of all, page by page."""
    with show_errors():
        if (photo_id := st.session_state.get(OPEN)) is not None:
            photo_view(library, photo_id, Asked(), SearchOptions())
            return
        chosen = st.session_state.get("kind of duplicates") or ALL
        kind: Kind | None = next((one for one in KINDS if one == chosen), None)
        key = f"page of duplicates {chosen}"
        page = int(st.session_state.get(key, 1))
        found = _found(library, kind, offset=(page - 1) * PAGE)
        _show_kinds(found)
        for group in found.groups:
            show_group(library, group, kind)
        if (pages := math.ceil(found.num_groups / PAGE)) > 1:
            if page > pages:
                st.session_state[key] = pages
            st.pagination(pages, key=key, persist_state="session")
        if found.num_groups:
            _offer_list(library, kind)


def _found(library: Library, kind: Kind | None, *, offset: int, k: int = PAGE) -> DuplicatesPage:
    place = st.empty()

    def show(done: int, total: int) -> None:
        share = min(1.0, done / total) if total else 0.0
        place.progress(share, f"{done:,} of {counted(total, 'photo')} compared" if total else "Looking for duplicates")

    found = library.duplicates.page(kind, k=k, offset=offset, on_progress=show)
    place.empty()
    return found


def _show_kinds(found: DuplicatesPage) -> None:
    st.caption("Photos of which one may be enough. Nothing is ever deleted or moved: the list below is for you.")
    if not any(found.kinds.values()):
        st.info("No duplicates were found.")
    kinds = [ALL, *(kind for kind in KINDS if found.kinds.get(kind))]
    if len(kinds) > 1:
        st.segmented_control(
            "Kind",
            kinds,
            format_func=lambda one: "All" if one == ALL else f"{KIND_NAMES[one]} {found.kinds[one]:,}",
            default=ALL,
            key="kind of duplicates",
            label_visibility="collapsed",
            required=True,
        )
    if not found.has_features:
        st.info("The model has no features of photos, so only the same files and RAW files are found.")
    if found.not_compared:
        left = counted(found.not_compared, "photo")
        st.caption(f"{left} left out: gone or changed since the last look for new photos, or a link.")


def _offer_list(library: Library, kind: Kind | None) -> None:
    if not st.button("Make the list", key="make list", help="Paths of all files on the list, for your own tools."):
        return
    paths: list[str] = []
    found, offset = _found(library, kind, offset=0, k=AT_ONCE), 0
    while found.groups:
        others = (other for group in found.groups for other in group.others)
        paths += [str(other.photo.path) for other in others if is_listed(other, kind)]
        offset += len(found.groups)
        found = _found(library, kind, offset=offset, k=AT_ONCE)
    st.download_button(
        f"Download the list ({counted(len(paths), 'path')})",
        list_of(paths),
        "duplicates.txt",
        "text/plain",
        key="download list",
        on_click="ignore",
    )
