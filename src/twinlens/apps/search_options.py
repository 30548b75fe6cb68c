"""What is wanted of a search besides its query: how many hits, and the filters, each drawn from its description."""

from typing import Any

import streamlit as st

from twinlens.api.filters import Filter, known_filters
from twinlens.apps.library import Wanted

MOST_HITS = 100


def search_options(name: str) -> Wanted:
    """Draws the options; ``name`` tells the tabs apart."""
    left, right = st.columns(2)
    k = int(left.number_input("Number of results", 1, MOST_HITS, 10, key=f"{name} k"))
    show_all = right.checkbox(
        "Also what does not match", key=f"{name} all", help="A model with a calibration says which hits match."
    )
    with st.expander("Filters"):
        columns = st.columns(3)
        filters = {
            one.name: _value(columns[place % 3], one, key=f"{name} filter {one.name}")
            for place, one in enumerate(known_filters().values())
        }
    return Wanted(k, show_all, filters)


def _value(place: Any, one: Filter, *, key: str) -> Any:
    if one.kind == "flag":
        return place.checkbox(one.label, key=key, help=one.help)
    if one.choices:
        return place.selectbox(one.label, ["", *one.choices], key=key, help=one.help) or None
    return place.text_input(one.label, key=key, placeholder=one.example, help=one.help).strip() or None
