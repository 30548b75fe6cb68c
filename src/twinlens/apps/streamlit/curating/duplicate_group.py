"""A group of duplicates: its files side by side, what each is, and why it is there."""

import streamlit as st

from twinlens.api.photos.duplicates import DuplicateGroup, GroupedPhoto, Kind, Similar
from twinlens.apps.libraries.library import Library
from twinlens.apps.streamlit.curating.move_list import offer_place
from twinlens.apps.streamlit.finding.asked import open_photo
from twinlens.apps.streamlit.finding.hits import show_thumbnail
from twinlens.apps.streamlit.notices import plain

MOST_COLUMNS = 4  # of files side by side
KIND_NAMES: dict[Kind, str] = {
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


def show_group(library: Library, group: DuplicateGroup, kind: Kind | None) -> None:
    """Draws a group; ``kind`` is the one that is shown alone."""
    best = group.best
    columns = min(1 + len(group.others), MOST_COLUMNS)
    key = f"compared {best.id}"  # of the style sheet
    with st.container(border=True), st.grid(columns, min_column_width=150, gap="small", key=key) as grid:
        with grid.cell(), st.container(gap="xsmall"):
            _show_file(library, best, group)
            st.markdown(":green-badge[best]")
            st.caption(facts_of(best))
        for other in group.others:
            with grid.cell(), st.container(gap="xsmall"):
                _show_file(library, other.photo, group)
                st.markdown(f":blue-badge[{KIND_NAMES[other.kind]}]")
                st.caption(facts_of(other.photo))
                st.caption(plain(evidence_of(other, best)))
                offer_place(other, kind)


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
