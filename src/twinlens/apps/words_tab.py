"""The tab that finds photos by words."""

import streamlit as st

from twinlens.apps.hits import show_photos
from twinlens.apps.library import Library
from twinlens.apps.notices import told

EXAMPLES = ("a dog on a beach", "children playing in the snow", "two men in green shirts", "street at night")
MOST_HITS = 100


def words_tab(library: Library) -> None:
    """A box for words, examples to try, and the photos that fit."""
    columns = st.columns(len(EXAMPLES))
    for column, example in zip(columns, EXAMPLES, strict=True):
        column.button(example, on_click=_take, args=(example,), key=f"example {example}")
    words = st.text_input(
        "What to look for",
        key="words",
        max_chars=1000,
        placeholder="a dog on a beach, or a sum: dog + 0.5 beach - night",
    )
    k, show_all = hit_options("words")
    if words.strip():
        with told():
            show_photos(library, library.by_words(words, k=k), show_all=show_all)


def hit_options(name: str) -> tuple[int, bool]:
    """How many hits are wanted, and whether those are shown that do not match; ``name`` tells the tabs apart."""
    left, right = st.columns(2)
    k = int(left.number_input("Number of results", 1, MOST_HITS, 10, key=f"{name} k"))
    show_all = right.checkbox(
        "Also what does not match", key=f"{name} all", help="A model with a calibration says which hits match."
    )
    return k, show_all


def _take(example: str) -> None:
    st.session_state["words"] = example
