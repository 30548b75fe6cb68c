"""The view of duplicates: groups side by side with their evidence, and a list for other tools; nothing is deleted."""

import math

import streamlit as st

from twinlens.api.duplicates import COPIES, KINDS, DuplicateGroup, GroupedPhoto, Kind, Similar
from twinlens.apps.libraries.duplicates import DuplicatesPage
from twinlens.apps.libraries.library import Library, SearchOptions
from twinlens.apps.streamlit.finding.asked import OPEN, Asked, open_photo
from twinlens.apps.streamlit.finding.hits import show_thumbnail
from twinlens.apps.streamlit.finding.photo_view import photo_view
from twinlens.apps.streamlit.notices import plain, show_errors
from twinlens.counted import counted

PAGE = 10
MOST_COLUMNS = 4  # of files side by side
AT_ONCE = 200  # a server tells so many groups in one answer
CHOSEN = "files on the list"  # id → whether somebody put it there, or took it away
ALL = "all"
NAMES: dict[str, str] = {
    ALL: "All",
    "exact": "Same file",
    "raw": "RAW + JPEG",
    "edited": "Edited",
    "near": "Same picture",
    "series": "Series",
}
REASONS: dict[Kind, str] = {
    "exact": "the same file again",
    "raw": "the RAW file of the photo",
    "edited": "another version of the photo",
    "near": "the same picture, saved again",
    "series": "another shot",
}


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
            _show_group(library, group, kind)
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
            format_func=lambda one: NAMES[one] if one == ALL else f"{NAMES[one]} {found.kinds[one]:,}",
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


def _show_group(library: Library, group: DuplicateGroup, kind: Kind | None) -> None:
    best = group.best
    columns = min(1 + len(group.others), MOST_COLUMNS)
    with st.container(border=True), st.grid(columns, min_column_width=150, gap="small") as grid:
        with grid.cell(), st.container(gap="xsmall"):
            _show_file(library, best, group)
            st.markdown(":green-badge[best]")
            st.caption(facts_of(best))
        for other in group.others:
            with grid.cell(), st.container(gap="xsmall"):
                _show_file(library, other.photo, group)
                st.markdown(f":blue-badge[{NAMES[other.kind]}]")
                st.caption(facts_of(other.photo))
                st.caption(plain(evidence_of(other, best)))
                _offer_place(other, kind)


def _show_file(library: Library, file: GroupedPhoto, group: DuplicateGroup) -> None:
    if file.width is None:
        st.info("A RAW file", icon=":material/raw_on:")
    else:
        show_thumbnail(library, file.id)
    name = plain(file.id.rpartition("/")[2])
    folder = plain(file.id.rpartition("/")[0])
    st.markdown(f":small[{name}]" + (f"  \n:small[:gray[{folder}]]" if folder else ""))
    if file.width is not None:
        ids = [one.id for one in (group.best, *(other.photo for other in group.others)) if one.width is not None]
        st.button("Open", key=f"open file {file.id}", on_click=_open, args=(file.id, ids), type="tertiary")


def _open(photo_id: str, ids: list[str]) -> None:
    st.session_state["page ids"] = ids
    open_photo(photo_id)


def facts_of(file: GroupedPhoto) -> str:
    """The size of a file.

    >>> from pathlib import Path
    >>> facts_of(GroupedPhoto("a.jpg", Path("a.jpg"), 1_240_000, 640, 480))
    '640 × 480, 1,240 KB'
    """
    size = f"{file.width:,} × {file.height:,}" if file.width and file.height else ""
    weight = f"{file.size_bytes / 1000:,.0f} KB" if file.size_bytes else ""
    return ", ".join(one for one in (size, weight) if one)


def evidence_of(other: Similar, best: GroupedPhoto) -> str:
    """Why a file is in a group, in words and figures.

    >>> from pathlib import Path
    >>> a, b = (GroupedPhoto(name, Path(name)) for name in ("a.jpg", "b.jpg"))
    >>> evidence_of(Similar(b, "near", "a.jpg", {"bits": 12, "likeness": 0.98}), a)
    'the same picture, saved again; 12 of 256 bits differ, likeness 0.980'
    """
    figures = other.evidence()
    told = f"{REASONS[other.kind]}; {figures}" if figures else REASONS[other.kind]
    return told if other.of == best.id else f"{told} (of {other.of.rpartition('/')[2]})"


def _offer_place(other: Similar, kind: Kind | None) -> None:
    key = f"listed {kind or ALL} {other.photo.id}"
    st.session_state.setdefault(key, is_listed(other, kind))
    st.checkbox("On the list", key=key, on_change=_choose, args=(other.photo.id, key))


def _choose(photo_id: str, key: str) -> None:
    st.session_state[CHOSEN] = {**st.session_state.get(CHOSEN, {}), photo_id: st.session_state[key]}


def is_listed(other: Similar, kind: Kind | None) -> bool:
    """Whether a file is on the list: copies are, and the files of a kind that is shown alone, or as somebody chose."""
    chosen: dict[str, bool] = st.session_state.get(CHOSEN, {})
    return chosen.get(other.photo.id, other.kind in COPIES or other.kind == kind)


def _offer_list(library: Library, kind: Kind | None) -> None:
    if not st.button("Make the list", key="make list", help="Paths of all files on the list, for your own tools."):
        return
    listed: list[GroupedPhoto] = []
    found, offset = _found(library, kind, offset=0, k=AT_ONCE), 0
    while found.groups:
        listed += [one.photo for group in found.groups for one in group.others if is_listed(one, kind)]
        offset += len(found.groups)
        found = _found(library, kind, offset=offset, k=AT_ONCE)
    paths = [str(one.path) for one in listed]
    is_broken = any("\n" in path for path in paths)
    text = "".join(f"{path}\0" if is_broken else f"{path}\n" for path in paths)
    if is_broken:
        st.caption("A path has a line break in it, so the paths are separated by NUL, as xargs -0 takes them.")
    st.download_button(
        f"Download the list ({counted(len(paths), 'path')})",
        text.encode(errors="surrogateescape"),
        "duplicates.txt",
        "text/plain",
        key="download list",
        on_click="ignore",
    )
