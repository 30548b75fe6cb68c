"""Charts of evaluations and runs as Vega-Lite, drawn by the browser in the page's colours and at its width."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import streamlit as st

from twinlens.api.evaluation import EmbeddedPairs

Spec = dict[str, Any]
Rows = list[dict[str, Any]]
SHOWN_PAIRS = 30
LONGEST_LABEL = 40
BELOW = {"orient": "bottom", "direction": "vertical", "labelLimit": 320, "title": None}
APART = {"range": ["#2a9d8f", "#e76f51", "#457b9d", "#e9a03b", "#9b5de5", "#8d99ae", "#c9184a", "#6a994e"]}
COLOURS = {"A is better": "#2a9d8f", "B is better": "#e07a5f", "not clear": "#8d99ae"}


def show_chart(spec: Spec, *, height: int, key: str) -> None:
    """Draws a chart as wide as its place."""
    st.vega_lite_chart(spec=spec, height=height, key=key)


def recall_chart(curves: Rows, points: Rows, *, letter: str = "R") -> Spec:
    """R@K, or P@K, over K, with the intervals of the K that are reported.

    Args:
        curves: name, k and value of each K; empty where only figures are known.
        points: name, k, value, low and high; low and high are missing without intervals.
        letter: R or P.
    """
    x = {"field": "k", "type": "quantitative", "scale": {"type": "log"}, "title": "K", "axis": _WHOLE}
    y = {"field": "value", "type": "quantitative", "title": f"{letter}@K, per cent", "scale": {"zero": letter == "P"}}
    colour = {"field": "name", "type": "nominal", "scale": APART, "legend": BELOW}
    ranged = [row for row in points if "low" in row]
    shown: list[Spec] = [
        {"data": {"values": curves}, "mark": "line", "encoding": {"x": x, "y": y, "color": colour}},
        {
            "data": {"values": ranged},
            "mark": {"type": "rule", "strokeWidth": 2},
            "encoding": {"x": x, "y": {**y, "field": "low"}, "y2": {"field": "high"}, "color": colour},
        },
        {
            "data": {"values": points},
            "mark": {"type": "point", "filled": True, "size": 60},
            "encoding": {"x": x, "y": y, "color": colour, "tooltip": _tips("name", "k", "value", "low", "high")},
        },
    ]
    return {"layer": [layer for layer in shown if layer["data"]["values"]]}


def difference_chart(rows: Rows) -> Spec:
    """Differences of two models with their intervals, one line a measure; right of 0 the first one is better."""
    y = {"field": "measure", "type": "nominal", "sort": None, "title": None}
    colour = {
        "field": "verdict",
        "type": "nominal",
        "scale": {"domain": list(COLOURS), "range": list(COLOURS.values())},
        "legend": {**BELOW, "direction": "horizontal"},
    }
    return {
        "data": {"values": rows},
        "layer": [
            {
                "mark": {"type": "rule", "strokeWidth": 3},
                "encoding": {
                    "y": y,
                    "x": {"field": "low", "type": "quantitative", "title": "A − B, 95 % interval"},
                    "x2": {"field": "high"},
                    "color": colour,
                },
            },
            {
                "mark": {"type": "point", "filled": True, "size": 90},
                "encoding": {
                    "y": y,
                    "x": {"field": "difference", "type": "quantitative"},
                    "color": colour,
                    "tooltip": _tips("measure", "A", "B", "difference", "low", "high"),
                },
            },
            {"mark": {"type": "rule", "strokeDash": [4, 4], "color": "#8d99ae"}, "encoding": {"x": {"datum": 0}}},
        ],
    }


def heat_map(pairs: EmbeddedPairs, *, shown: int = SHOWN_PAIRS, seed: int = 0) -> Spec:
    """Cosines of some photos and the first caption of each; a click or touch tells which ones they are."""
    count = min(shown, len(pairs.images))
    photos = np.sort(np.random.default_rng(seed).choice(len(pairs.images), size=count, replace=False))
    captions = pairs.a_text_of_photo()[photos]
    cosines = pairs.texts[captions] @ pairs.images[photos].T  # [S, S]
    names = [pairs.image_ids[row] if pairs.image_ids else f"photo {row}" for row in photos]
    texts = [pairs.captions[row] if pairs.captions else f"caption {row}" for row in captions]
    rows = [
        {
            "caption": f"{y + 1}. {_shortened(texts[y])}",
            "said": texts[y],
            "photo": names[x],
            "x": x,
            "cosine": round(float(cosines[y, x]), 3),
        }
        for y in range(count)
        for x in range(count)
    ]
    return {
        "data": {"values": rows},
        "mark": {"type": "rect"},
        "encoding": {
            "y": {"field": "caption", "type": "nominal", "sort": None, "title": None, "axis": {"labelLimit": 170}},
            "x": {"field": "x", "type": "ordinal", "title": "photos, each below its own caption's row", "axis": None},
            "color": {
                "field": "cosine",
                "type": "quantitative",
                "scale": {"scheme": "viridis"},
                "legend": {"orient": "bottom", "title": "cosine"},
            },
            "tooltip": _tips("said", "photo", "cosine"),
        },
    }


def lines(rows: Rows, *, y: str, best: Rows, is_log: bool = False) -> Spec:
    """Curves over epochs, a colour for each run, a dash for each kind; the best epochs are marked.

    Args:
        rows: run, kind, epoch and value.
        y: title of the values.
        best: the same for the best epochs.
        is_log: logarithmic values.
    """
    kinds = list(dict.fromkeys(row["kind"] for row in rows))
    encoding = {
        "x": {"field": "epoch", "type": "quantitative", "axis": _WHOLE},
        "y": {
            "field": "value",
            "type": "quantitative",
            "title": y,
            "scale": {"zero": False, "type": "log" if is_log else "linear"},
        },
        "color": {"field": "run", "type": "nominal", "scale": APART, "legend": BELOW},
    }
    legend = {**BELOW, "symbolType": "stroke", "symbolStrokeColor": "#8d99ae"}
    dash = {"field": "kind", "type": "nominal", "sort": kinds, "legend": legend} if len(kinds) > 1 else {"value": []}
    tips = _tips("run", "kind", "epoch", "value")
    layers: list[Spec] = [
        {
            "data": {"values": rows},
            "mark": {"type": "line", "point": {"size": 18}},
            "encoding": {**encoding, "strokeDash": dash, "tooltip": tips},
        }
    ]
    if best:
        layers.append(
            {
                "data": {"values": best},
                "mark": {"type": "point", "size": 160, "shape": "diamond", "strokeWidth": 2.5},
                "encoding": {**encoding, "tooltip": tips},
            }
        )
    return {"layer": layers}


_WHOLE: Mapping[str, Any] = {"format": "d", "tickMinStep": 1}


def _tips(*fields: str) -> Sequence[Spec]:
    return [{"field": field, "format": ".4~g"} if field not in _NAMES else {"field": field} for field in fields]


_NAMES = frozenset({"name", "measure", "said", "photo", "run", "kind"})


def _shortened(text: str) -> str:
    return text if len(text) <= LONGEST_LABEL else text[: LONGEST_LABEL - 1] + "…"
