"""Similarity of photos and captions: a heat map of some pairs, and the cell that was chosen in it."""

import base64
from collections.abc import Mapping
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any

import streamlit as st

from twinlens.api.searching import picture_preview
from twinlens.apps.streamlit.measuring.answers import RIGHT, show_photo
from twinlens.apps.streamlit.measuring.charts import Rows
from twinlens.apps.streamlit.measuring.heat_map import AT_FIRST, CELL, ROOM_PX, heat_map
from twinlens.apps.streamlit.measuring.measured import Measured
from twinlens.apps.streamlit.notices import plain
from twinlens.errors import PhotoError

MOST_PAIRS = 30
PICTURE_PX = 88  # twice the size on the page, for fine screens
ROW_PX = 30


def show_similarity(one: Measured) -> None:
    """Draws the map with its choices: how many pairs, and another sample."""
    assert one.pairs is not None, "the caller has embeddings"
    most = min(MOST_PAIRS, len(one.pairs.images))
    shown, seed = most, 0
    with st.container(horizontal=True, vertical_alignment="bottom"):
        if most > 2:
            shown = st.slider("Pairs", 2, most, min(AT_FIRST, most), key="pairs in the map", width=260)
        if most < len(one.pairs.images):
            st.session_state.setdefault("sample", 0)
            st.button("Other pairs", key="other pairs", icon=":material/shuffle:", on_click=_take_others)
            seed = int(st.session_state["sample"])
    st.caption(
        "Each row is a caption, each column a photo; right pairs are on the diagonal, framed. "
        "Click or touch a cell to see its photo and captions below the map."
    )
    spec = heat_map(one.pairs, shown=shown, seed=seed, pictures=partial(_picture_of, one.paths))
    state = st.vega_lite_chart(
        spec=spec,
        height=ROOM_PX + 110 + ROW_PX * shown,
        key=f"heat map {one.key} {shown} {seed}",
        alt=f"Cosines of {shown} captions and their photos; right pairs are on the diagonal.",
        on_select="rerun",
        selection_mode=CELL,
    )
    cells = (state.get("selection") or {}).get(CELL) or []
    if cells:
        _show_cell(one, spec["data"]["values"], cells[0])


def _show_cell(one: Measured, rows: Rows, cell: Mapping[str, Any]) -> None:
    row = next((row for row in rows if (row["x"], row["y"]) == (cell.get("x"), cell.get("y"))), None)
    if row is None:
        return
    with st.container(border=True, horizontal=True):
        with st.container(width=180):
            show_photo(one, row["row"])
        with st.container(width="stretch"):
            verdict = RIGHT if row["right"] else ":gray-badge[another photo]"
            st.markdown(f"**“{plain(row['said'])}”**  \n{verdict} :small[cosine {row['cosine']:.3f}]")
            if not row["right"]:
                st.caption(f"the photo's own caption: {plain(row['own'])}")


def _take_others() -> None:
    st.session_state["sample"] += 1


def _picture_of(paths: Mapping[str, Path], image_id: str) -> str:
    return _data_url(str(paths[image_id])) if image_id in paths else ""


@st.cache_data(max_entries=500, show_spinner=False)
def _data_url(path: str) -> str:
    try:
        picture = picture_preview(Path(path).read_bytes(), side=2 * PICTURE_PX)
    except (OSError, PhotoError):  # its column has no picture; the examples say why
        return ""
    side = min(picture.size)
    left, top = (picture.width - side) // 2, (picture.height - side) // 2
    file = BytesIO()
    square = picture.crop((left, top, left + side, top + side)).resize((PICTURE_PX, PICTURE_PX))
    square.save(file, "JPEG", quality=80)
    return "data:image/jpeg;base64," + base64.b64encode(file.getvalue()).decode()
