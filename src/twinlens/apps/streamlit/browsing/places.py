"""The map of places: photos with a position as circles, and a click that shows only those of one."""

from dataclasses import replace
from math import asinh, atan, degrees, log2, pi, radians, sinh, tan, tau
from typing import Any

import streamlit as st

from twinlens.api.library import Area, PlaceCluster, PlacesMap, View, read_area
from twinlens.apps.libraries.library import Library, SearchOptions
from twinlens.apps.streamlit.browsing.outline import land
from twinlens.apps.streamlit.notices import plain
from twinlens.counted import counted

AREA = "chosen area"  # as the filter "within" has it
MAP = "map of places"
WIDTH_PX, HEIGHT_PX = 700, 380  # that the photos must fit into; on a phone the map is narrower, and shows their middle
MARGIN = 1.3
LAST_ZOOM = 7.0  # closer, the outline is only a few straight lines
TILE_PX = 256  # the whole Earth at zoom 0
NAMED = 8  # places with a button, for those who cannot click on a map
LAST_PARALLEL = 85.0  # where the map ends
EARTH = Area(-180, -85, 180, 85)


def chosen_area() -> str | None:
    """The area whose photos are shown; None for all."""
    area: str | None = st.session_state.get(AREA)
    return area


def places_panel(library: Library, options: SearchOptions, words: str) -> None:
    """Draws the map of the photos that pass the filters and match the words, and what is chosen of it."""
    others = replace(options, filters={name: value for name, value in options.filters.items() if name != "within"})
    chosen = chosen_area()
    everywhere = library.places(View(EARTH, 0), others, words)
    if everywhere.extent is None:
        st.caption(
            "No photo here has a position. Phones write into a photo where it was taken, and so do many cameras."
        )
        return
    seen, zoom = view_of(read_area(chosen) if chosen else everywhere.extent)
    found = library.places(View(seen, zoom), others, words)
    st.vega_lite_chart(
        spec=world_map(found, chosen, seen, zoom), height=HEIGHT_PX, key=MAP, on_select=_take, selection_mode="place"
    )
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        for cluster in found.clusters[:NAMED]:
            if cluster.place:
                name = f"{cluster.place.partition('|')[0]} ({cluster.num_photos:,})"
                area = str(cluster.area)
                st.button(plain(name), key=f"area {area}", on_click=choose_area, args=(area,), type="tertiary")
    st.caption(f"{found.num_placed:,} of {counted(found.num_photos, 'photo')} with a place. Map: Natural Earth.")


def choose_area(area: str | None) -> None:
    """Shows the photos of an area, or of all places."""
    st.session_state[AREA] = area


def _take() -> None:
    chosen = st.session_state[MAP].selection.get("place") or []
    if chosen:
        choose_area(str(chosen[0]["within"]))


def view_of(area: Area) -> tuple[Area, float]:
    """What the map shows so that an area fits into it, and its zoom: the Earth is 256 · 2^zoom pixels wide.

    >>> view_of(Area(2.2, 48.7, 2.5, 49.0))[1] > view_of(Area(-10, 35, 30, 60))[1]
    True
    >>> view_of(EARTH)[0].west, view_of(EARTH)[0].east
    (-180.0, 180.0)
    """
    (x, y), up = middle_of(area), _mercator(area.north) - _mercator(area.south)
    across = (area.east - area.west) % 360 / 360 if area.east - area.west < 360 else 1.0
    least = 2**-LAST_ZOOM
    share = max(MARGIN * across * TILE_PX / WIDTH_PX, MARGIN * up / tau * TILE_PX / HEIGHT_PX, least)
    zoom = max(0.0, -log2(share))
    half = 360 * WIDTH_PX / TILE_PX / 2**zoom / 2
    reach = tau * HEIGHT_PX / TILE_PX / 2**zoom / 2
    south, north = (_latitude(_mercator(y) + side) for side in (-reach, reach))
    if half >= 180:
        return Area(-180.0, south, 180.0, north), zoom
    return Area(_wrapped(x - half), south, _wrapped(x + half), north), zoom


def middle_of(area: Area) -> tuple[float, float]:
    """Longitude and latitude in the middle of an area as the map shows it.

    >>> middle_of(Area(170, -10, -170, 10))
    (-180.0, 0.0)
    """
    across = 360.0 if area.east - area.west >= 360 else (area.east - area.west) % 360
    return _wrapped(area.west + across / 2), _latitude((_mercator(area.south) + _mercator(area.north)) / 2)


def _wrapped(longitude: float) -> float:
    return (longitude + 180) % 360 - 180


def _mercator(latitude: float) -> float:
    """How far from the equator the map shows a latitude, where its whole width is 2π."""
    return asinh(tan(radians(max(-LAST_PARALLEL, min(LAST_PARALLEL, latitude)))))


def _latitude(height: float) -> float:
    return degrees(atan(sinh(max(-pi, min(pi, height)))))


def world_map(found: PlacesMap, chosen: str | None, seen: Area, zoom: float) -> dict[str, Any]:
    """Land, and a circle for each cluster, whose size tells how many photos it has."""
    rows, (x, y) = [_row(one, chosen) for one in found.clusters], middle_of(seen)
    size = {"field": "photos", "type": "quantitative", "scale": {"type": "sqrt", "range": [90, 1400]}, "legend": None}
    colour = {"condition": {"test": "datum.chosen", "value": "#e76f51"}, "value": "#2a9d8f"}
    tips = [{"field": name, "type": "nominal"} for name in ("place", "photos")]
    return {
        "projection": {
            "type": "mercator",
            "rotate": [-x, 0, 0],  # so that land goes on beyond the 180th meridian
            "center": [0, y],
            "scale": TILE_PX * 2**zoom / tau,
        },
        "params": [{"name": "place", "select": {"type": "point", "fields": ["within"]}, "views": ["clusters"]}],
        "layer": [
            {
                "data": {"values": land()},
                "mark": {
                    "type": "geoshape",
                    "fill": "#8d99ae55",
                    "stroke": "#8d99ae",
                    "strokeWidth": 0.5,
                    "clip": True,
                },
            },
            {
                "name": "clusters",
                "data": {"values": rows},
                "mark": {"type": "circle", "opacity": 0.85, "stroke": "white", "cursor": "pointer", "clip": True},
                "encoding": {
                    "longitude": {"field": "longitude", "type": "quantitative"},
                    "latitude": {"field": "latitude", "type": "quantitative"},
                    "size": size,
                    "color": colour,
                    "tooltip": tips,
                },
            },
        ],
        "config": {"view": {"stroke": None}},
    }


def _row(cluster: PlaceCluster, chosen: str | None) -> dict[str, Any]:
    return {
        "longitude": round(cluster.longitude, 5),
        "latitude": round(cluster.latitude, 5),
        "photos": cluster.num_photos,
        "place": (cluster.place or "far from any town").replace("|", ", "),
        "within": str(cluster.area),
        "chosen": str(cluster.area) == chosen,
    }
