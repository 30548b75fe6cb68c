"""The list of duplicates that may go, for people's own tools; nothing is deleted or moved."""

from collections.abc import Sequence

import streamlit as st

from twinlens.api.photos.duplicates import COPIES, Kind, Similar

CHOSEN = "files on the list"  # id → whether somebody put it there, or took it away


def is_listed(other: Similar, kind: Kind | None) -> bool:
    """Whether a file is on the list: copies are, and the files of a kind that is shown alone, or as somebody chose."""
    chosen: dict[str, bool] = st.session_state.get(CHOSEN, {})
    return chosen.get(other.photo.id, other.kind in COPIES or other.kind == kind)


def offer_place(other: Similar, kind: Kind | None) -> None:
    """A box that puts a file on the list, or takes it away."""
    key = f"listed {kind or 'all'} {other.photo.id}"
    st.session_state[key] = is_listed(other, kind)
    st.checkbox("On the list", key=key, on_change=_choose, args=(other.photo.id, key))


def list_of(paths: Sequence[str]) -> bytes:
    r"""The list as a file: a path a line; separated by NUL where a path has a line break, which lines would hide.

    >>> list_of(["a.jpg", "b.jpg"]), list_of(["a.jpg", "b\n.jpg"])
    (b'a.jpg\nb.jpg\n', b'a.jpg\x00b\n.jpg\x00')
    """
    end = "\0" if any("\n" in path for path in paths) else "\n"
    return "".join(path + end for path in paths).encode(errors="surrogateescape")


def _choose(photo_id: str, key: str) -> None:
    st.session_state[CHOSEN] = {**st.session_state.get(CHOSEN, {}), photo_id: st.session_state[key]}
