"""The heat map: cosines of some photos and captions, with the photos above their columns."""

import base64
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st

from twinlens.api.evaluation import EmbeddedPairs
from twinlens.api.searching import picture_preview
from twinlens.apps.streamlit.measuring.charts import Rows, Spec, show_chart, tooltips
from twinlens.apps.streamlit.measuring.measured import Measured
from twinlens.errors import PhotoError

AT_FIRST, MOST_PAIRS = 12, 30
LONGEST_LABEL = 60
PICTURE_PX = 88  # twice the size on the page, for fine screens
LARGEST_PX, ROOM_PX = 44, 54
ROW_PX = 30
_SIDE = f"min(bandwidth('x') - 2, {LARGEST_PX})"


def show_heat_map(one: Measured) -> None:
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
        "Point at a cell, or touch it, for its caption and photo."
    )
    spec = heat_map(one.pairs, shown=shown, seed=seed, pictures=partial(_picture_of, one.paths))
    alt = f"Cosines of {shown} captions and their photos; right pairs are on the diagonal."
    show_chart(spec, height=ROOM_PX + 110 + ROW_PX * shown, key="heat map", alt=alt)


def heat_map(
    pairs: EmbeddedPairs, *, shown: int = AT_FIRST, seed: int = 0, pictures: Callable[[str], str] | None = None
) -> Spec:
    """Cosines of some photos and a caption of each.

    Args:
        pairs: of which some are drawn.
        shown: number of pairs.
        seed: of the draw.
        pictures: image id → a data URL, or empty where the photo is not here; None = no pictures.
    """
    count = min(shown, len(pairs.images))
    photos = np.sort(np.random.default_rng(seed).choice(len(pairs.images), size=count, replace=False))
    captions = pairs.a_text_of_photo()[photos]
    cosines = pairs.texts[captions] @ pairs.images[photos].T  # [S, S]
    names = [pairs.image_ids[row] if pairs.image_ids else f"photo {row}" for row in photos]
    texts = [pairs.captions[row] if pairs.captions else f"caption {row}" for row in captions]
    rows = [
        {
            "caption": f"{y + 1}. {shortened(texts[y])}",
            "said": texts[y],
            "photo": names[x],
            "own": texts[x],
            "x": x + 1,
            "cosine": round(float(cosines[y, x]), 3),
            "right": x == y,
        }
        for y in range(count)
        for x in range(count)
    ]
    middle = float(np.quantile([row["cosine"] for row in rows], 0.9)) if rows else 0.0
    found = [{"x": x + 1, "url": pictures(names[x])} for x in range(count)] if pictures else []
    return _drawn(rows, [one for one in found if one["url"]], middle=middle)


def _drawn(rows: Rows, pictures: Sequence[dict[str, Any]], *, middle: float) -> Spec:
    above = {"orient": "top", "domain": False, "ticks": False, "labelAngle": 0}
    room = {"titlePadding": ROOM_PX} if pictures else {}
    x = {"field": "x", "type": "ordinal", "title": "photos", "axis": {**above, "labels": not pictures, **room}}
    y = {"field": "caption", "type": "nominal", "sort": None, "title": None, "axis": {"labelLimit": 230}}
    colour = {
        "field": "cosine",
        "type": "quantitative",
        "scale": {"scheme": "viridis"},
        "legend": {"orient": "bottom", "title": "cosine", "gradientLength": 200},
    }
    tips = [
        {"field": "said", "title": "caption"},
        {"field": "own", "title": "the photo's caption"},
        *tooltips("photo", "cosine"),
    ]
    layers: list[Spec] = [
        {"mark": {"type": "rect"}, "encoding": {"x": x, "y": y, "color": colour, "tooltip": tips}},
        {
            "transform": [{"filter": "datum.right"}],
            "mark": {"type": "rect", "fill": None, "stroke": "#ff5d5d", "strokeWidth": 2},
            "encoding": {"x": x, "y": y, "tooltip": tips},
        },
        {
            "mark": {"type": "text", "fontSize": 11, "opacity": {"expr": "bandwidth('x') < 36 ? 0 : 1"}},
            "encoding": {
                "x": x,
                "y": y,
                "text": {"field": "cosine", "format": ".2f"},
                "color": {"condition": {"test": f"datum.cosine > {middle:.4f}", "value": "#111"}, "value": "#eee"},
                "tooltip": tips,
            },
        },
    ]
    if pictures:
        side = {"expr": _SIDE}
        layers.append(
            {
                "data": {"values": list(pictures)},
                "mark": {"type": "image", "width": side, "height": side, "aspect": False},
                "encoding": {
                    "x": x,
                    "y": {"value": {"expr": f"-6 - ({_SIDE}) / 2"}},
                    "url": {"field": "url", "type": "nominal"},
                },
            }
        )
    return {"data": {"values": rows}, "layer": layers}


def shortened(text: str) -> str:
    """A caption that fits beside its row."""
    return text if len(text) <= LONGEST_LABEL else text[: LONGEST_LABEL - 1] + "…"


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
