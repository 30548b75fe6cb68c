"""A heat map as Vega-Lite: cosines of some photos and captions, with the photos above their columns."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from twinlens.api.evaluation import EmbeddedPairs
from twinlens.apps.streamlit.measuring.charts import Rows, Spec, tooltips

CELL = "cell"  # the choice of one
AT_FIRST = 12
LONGEST_LABEL = 60
LARGEST_PX, ROOM_PX = 44, 54
_LABELS = "containerSize()[0] < 600 ? 100 : 230"  # on a phone the cells need the room; a touch tells the caption
_SIDE = f"min(bandwidth('x') - 2, {LARGEST_PX})"


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
            "y": y + 1,
            "cosine": round(float(cosines[y, x]), 3),
            "right": x == y,
            "row": int(photos[x]),
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
    y = {"field": "caption", "type": "nominal", "sort": None, "title": None, "axis": {"labelLimit": {"expr": _LABELS}}}
    colour = {
        "field": "cosine",
        "type": "quantitative",
        "scale": {"scheme": "viridis"},
        "legend": {"orient": "bottom", "title": "cosine", "gradientLength": 160},
    }
    tips = [
        {"field": "said", "title": "caption"},
        {"field": "own", "title": "the photo's caption"},
        *tooltips("photo", "cosine"),
    ]
    layers: list[Spec] = [
        {
            "params": [{"name": CELL, "select": {"type": "point", "fields": ["x", "y"]}}],
            "mark": {"type": "rect", "cursor": "pointer"},
            "encoding": {"x": x, "y": y, "color": colour, "tooltip": tips},
        },
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
