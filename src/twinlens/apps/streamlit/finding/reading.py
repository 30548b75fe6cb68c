"""What is told of an answer above its photos: how the words were read, and how many match."""

from dataclasses import replace

import streamlit as st

from twinlens.api.searching import Answer, Query, texts_without, words_query
from twinlens.apps.streamlit.finding.asked import take_words
from twinlens.apps.streamlit.notices import plain
from twinlens.counted import counted


def show_reading(answer: Answer, words: str) -> None:
    """How the search was understood, with a button for each part of the words that can be left out."""
    if words.strip():
        _show_parts(words_query(words), answer.wording.read_as)
    if meant := answer.wording.did_you_mean:
        st.button(f"Search: {plain(meant)}", on_click=take_words, args=(meant,), key="did you mean")
    if answer.query_read is not None:
        st.warning(plain(f"The model reads only this part of the query: {answer.query_read}"))
    if note := replace(answer.wording, read_as=None).note:  # the parts say how the words were read
        st.info(plain(_sentence(note)))
    for folder in answer.absent_folders.values():
        st.warning(plain(f"The photo folder {folder} is missing or empty. Is its disk mounted?"))
    if answer.gone:
        gone = counted(len(answer.gone), "of these photos is", "of these photos are")
        st.warning(f"{gone} gone since the last look for new photos.")
    for line in filter(None, [answer.date_note, answer.left_out_note, answer.compared]):
        st.caption(plain(_sentence(line)))
    if answer.explanation is not None:
        for line in answer.explanation.lines():
            st.caption(plain(line))


def show_counts(answer: Answer, *, is_search: bool) -> None:
    """How many photos match, by grade; or that none does for sure."""
    among = counted(answer.num_candidates, "photo")
    if not answer.shown:
        st.info("There are no more on this page." if answer.search.page.offset else f"Nothing was found among {among}.")
    elif not is_search:
        st.caption(f"{among}, {'newest first' if answer.search.page.sort == 'date' else 'in this order'}")
    elif answer.matching:
        graded = [answer.counted] if answer.counted else []
        ungraded = [answer.ungraded] if answer.ungraded else []
        st.caption(", ".join([*graded, f"among {among}", *ungraded, f"{answer.took_ms:.0f} ms"]))
    elif answer.wording.no_word_known:
        st.info(f"The closest among {among}:")
    else:
        st.info(f"No sure match among {among}. The closest:")


def _show_parts(query: Query, read_as: str | None) -> None:
    parts = query.to_json()
    if read_as is not None or len(parts) > 1:
        st.caption(f"Searched for: {plain(read_as or query.understood())}")
    if len(parts) < 2:
        return
    with st.container(horizontal=True, gap="xsmall"):
        for number, (part, rest) in enumerate(zip(parts, texts_without(query, words_query), strict=True)):
            if rest is not None:
                text = f"without {part['text']}" if part["kind"] == "without" else str(part["text"])
                st.button(f"✕ {plain(text)}", key=f"part {number}", on_click=take_words, args=(rest,))


def _sentence(note: str) -> str:
    return note[0].upper() + note[1:]
