"""The panels above the photos: by date, and by place."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import streamlit as st

from twinlens.apps.libraries.library import Library, SearchOptions
from twinlens.apps.streamlit.browsing.dates import choose_period, chosen_period, dates_panel
from twinlens.apps.streamlit.browsing.places import choose_area, chosen_area, places_panel
from twinlens.apps.streamlit.finding.asked import Asked
from twinlens.apps.streamlit.notices import show_errors

DATES, PLACES = "By date", "By place"


def browse_panels(library: Library, options: SearchOptions, asked: Asked) -> SearchOptions:
    """Draws the panel that is open; the options with what was chosen in them."""
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        shown = st.pills(
            "Browse",
            (DATES, PLACES),
            key="browse",
            label_visibility="collapsed",
            persist_state="session",
            width="content",
        )
        if (period := chosen_period()) is not None:
            st.button(f"✕ {period}", key="all dates", help="Show all dates", on_click=choose_period, args=(None,))
        if chosen_area() is not None:
            st.button("✕ Chosen area", key="everywhere", help="Show all places", on_click=choose_area, args=(None,))
    narrowed = replace(options, filters={**options.filters, **chosen_filters()})
    with show_errors():
        if shown == DATES:
            dates_panel(library, narrowed)
        if shown == PLACES:
            places_panel(library, narrowed, "" if asked.pictures else asked.words)
    return narrowed


def chosen_filters() -> Mapping[str, Any]:
    """Filters that were chosen in the panels, by name; they hold also while a panel is closed."""
    chosen = {"date": chosen_period(), "within": chosen_area()}
    return {name: value for name, value in chosen.items() if value is not None}
