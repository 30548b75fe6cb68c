"""The tab that finds photos by text."""

import streamlit as st

from twinlens.apps.libraries.library import Library
from twinlens.apps.streamlit.hits import show_photos
from twinlens.apps.streamlit.notices import plain, show_errors
from twinlens.apps.streamlit.search_options import search_options

EXAMPLES = ("a dog on a beach", "children playing in the snow", "two men in green shirts", "street at night")


def words_tab(library: Library) -> None:
    """Draws the tab: a text input, examples to try, and the photos that fit."""
    columns = st.columns(len(EXAMPLES))
    for column, example in zip(columns, EXAMPLES, strict=True):
        column.button(example, on_click=_take, args=(example,), key=f"example {example}")
    words = st.text_input(
        "What to look for",
        key="words",
        max_chars=1000,
        placeholder="a dog on a beach, or a sum: dog + 0.5 beach - night",
    )
    wanted = search_options("words")
    if words.strip():
        with show_errors():
            answer = library.by_words(words, wanted)
            if meant := answer.wording.did_you_mean:
                st.button(f"Search: {plain(meant)}", on_click=_take, args=(meant,), key="did you mean")
            show_photos(library, answer)


def _take(example: str) -> None:
    st.session_state["words"] = example
