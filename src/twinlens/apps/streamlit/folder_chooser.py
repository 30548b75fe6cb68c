"""Choose a folder of this machine by going through its folders; a path can be typed as well."""

import os
from collections.abc import Callable
from pathlib import Path

import streamlit as st

from twinlens.apps.streamlit.notices import plain

UP = "↑ the folder above"
MOST_FOLDERS = 2000  # of one folder; more are typed


def folder_chooser(
    label: str,
    *,
    start: str,
    key: str,
    about: str | None = None,
    is_marked: Callable[[Path], bool] | None = None,
) -> str:
    """Draws the choice, and gives the path that is chosen.

    Args:
        label: what is chosen.
        start: the path at first; may be empty.
        key: of the typed path.
        about: the choice, in a sentence.
        is_marked: which folders are of the kind that is wanted, and stand out in the list.
    """
    st.session_state.setdefault(key, start)
    chosen = str(st.session_state[key])
    name = Path(chosen).name or chosen or "choose"
    with st.popover(f"{label}: {plain(name)}", icon=":material/folder_open:", width="stretch"):
        st.text_input("Path", key=key, help=about, persist_state="session")
        place = Path(chosen.strip() or start or ".")
        _offer(place, subfolders(place), key=key, is_marked=is_marked)
    return str(st.session_state[key])


def subfolders(place: Path) -> list[str]:
    """Names of the folders in a folder, without hidden ones; empty where it is none."""
    try:
        with os.scandir(place.expanduser()) as entries:
            return sorted(one.name for one in entries if one.is_dir() and not one.name.startswith("."))[:MOST_FOLDERS]
    except (OSError, ValueError, RuntimeError):  # the path is not there, or cannot be one: whoever uses it says so
        return []


def _offer(place: Path, names: list[str], *, key: str, is_marked: Callable[[Path], bool] | None) -> None:
    marked = {name for name in names if is_marked is not None and is_marked(place / name)}
    inside = f"{key} inside"
    st.session_state[inside] = None
    st.selectbox(
        "Go to",
        [UP, *sorted(names, key=lambda name: (name not in marked, name))],
        index=None,
        format_func=lambda name: f"{name}  ·  ready" if name in marked else name,
        key=inside,
        placeholder=f"{len(names):,} folders in here",
        on_change=_go,
        args=(str(place), key, inside),
    )


def _go(place: str, key: str, inside: str) -> None:
    if (name := st.session_state[inside]) is not None:
        here = Path(place).expanduser().absolute()
        st.session_state[key] = str(here.parent if name == UP else here / name)
