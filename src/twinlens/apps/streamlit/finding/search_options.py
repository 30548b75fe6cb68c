"""How a search is answered: order, lowest grade, filters."""

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from twinlens.api.filters import Filter, known_filters
from twinlens.api.searching import SORTS, Sort
from twinlens.apps.libraries.library import Library, SearchOptions
from twinlens.apps.streamlit.finding.choosing import offer_choosing
from twinlens.types import Grade

ORDERS: dict[Sort, str] = {
    "relevance": "Best first",
    "date": "Newest first",
    "oldest": "Oldest first",
    "name": "By name",
    "size": "Largest first",
}
MATCHES, EVERYTHING = "What matches", "All photos"
LEAST: dict[str, Grade | None] = {MATCHES: None, "Likely or better": "likely", "Strong only": "strong"}
SIZES = (12, 24, 48, 96)


def search_options(library: Library) -> SearchOptions:
    """Draws the options in a line; what they do not fit into is in a menu of its own."""
    with st.container(horizontal=True, vertical_alignment="bottom", key="options"):
        sort = st.selectbox(
            "Order",
            SORTS,
            format_func=lambda one: ORDERS[one],
            key="sort",
            label_visibility="collapsed",
            width=150,
            persist_state="session",
        )
        shown = st.selectbox(
            "Show",
            (*LEAST, EVERYTHING),
            key="show",
            label_visibility="collapsed",
            width=170,
            persist_state="session",
        )
        explain = st.toggle("Reasons", key="reasons", help="Says why each photo was found.", persist_state="session")
        offer_choosing()
        with st.popover("Filters", icon=":material/tune:"):
            filters = _filters(library.choices())
            copies = st.checkbox(
                "Show near copies one by one",
                key="copies",
                help="Otherwise near copies of one picture are one result.",
                persist_state="session",
            )
            k = st.selectbox("Photos on a page", SIZES, index=1, key="k", persist_state="session")
    return SearchOptions(
        k,
        show_all=shown == EVERYTHING,
        filters=filters,
        all_copies=copies,
        sort=sort,
        min_grade=LEAST.get(shown),
        explain=explain,
    )


def _filters(choices: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    return {
        one.name: _value(one, one.choices or choices.get(one.kind, ()), key=f"filter {one.name}")
        for one in known_filters().values()
        if one.has_input
    }


def _value(one: Filter, choices: Sequence[str], *, key: str) -> Any:
    if one.kind == "flag":
        return st.checkbox(one.label, key=key, help=one.help, persist_state="session")
    if choices:
        return st.selectbox(
            one.label,
            choices,
            index=None,
            key=key,
            help=one.help,
            placeholder="any",
            accept_new_options=not one.choices,
            persist_state="session",
        )
    typed = st.text_input(one.label, key=key, placeholder=one.example, help=one.help, persist_state="session")
    return (typed or "").strip() or None
