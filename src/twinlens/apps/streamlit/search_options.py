"""Inputs for the options of a search: number of hits, and filters."""

from typing import Any

import streamlit as st

from twinlens.api.filters import Filter, known_filters
from twinlens.apps.libraries.library import SearchOptions

MOST_HITS = 100


def search_options(name: str) -> SearchOptions:
    """Draws the options; ``name`` makes the keys of each tab unique."""
    left, right = st.columns(2)
    k = int(left.number_input("Number of results", 1, MOST_HITS, 10, key=f"{name} k"))
    show_all = right.checkbox(
        "Include hits that do not match",
        key=f"{name} all",
        help="Only for models with a calibration, which decides which hits match.",
    )
    all_copies = right.checkbox(
        "Show near copies one by one",
        key=f"{name} copies",
        help="Otherwise near copies of one picture are one result.",
    )
    with st.expander("Filters"):
        columns = st.columns(3)
        filters = {
            one.name: _value(columns[place % 3], one, key=f"{name} filter {one.name}")
            for place, one in enumerate(known_filters().values())
        }
    return SearchOptions(k, show_all, filters, all_copies)


def _value(place: Any, one: Filter, *, key: str) -> Any:
    if one.kind == "flag":
        return place.checkbox(one.label, key=key, help=one.help)
    if one.choices:
        return place.selectbox(one.label, ["", *one.choices], key=key, help=one.help) or None
    return place.text_input(one.label, key=key, placeholder=one.example, help=one.help).strip() or None
