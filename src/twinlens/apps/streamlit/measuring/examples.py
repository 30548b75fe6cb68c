"""Examples of an evaluation: captions and photos as queries, what was found first, right or wrong."""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from twinlens.api.searching import picture_preview
from twinlens.apps.streamlit.measuring.measured import DIRECTIONS, Measured
from twinlens.apps.streamlit.notices import plain, show_errors
from twinlens.errors import PhotoError

KINDS = ("Right at once", "Near misses", "Furthest off")
NEAR = 10  # a right answer below this rank is far off
PAGE = 4
SHOWN = 5
PREVIEW_PX = 240


@dataclass(frozen=True)
class Found:
    """One answer to a query: a photo or a caption.

    Attributes:
        row: of it.
        cosine: with the query.
        is_right: whether it is a right answer.
    """

    row: int
    cosine: float
    is_right: bool


def chosen_queries(first: NDArray[np.int64], kind: str) -> NDArray[np.int64]:
    """Places of the queries of a kind; those that are furthest off come first, others in their order.

    Args:
        first: [Q], the rank of each query's first right answer.
        kind: one of ``KINDS``.
    """
    if kind == KINDS[0]:
        return np.flatnonzero(first == 1)
    if kind == KINDS[1]:
        return np.flatnonzero((first > 1) & (first <= NEAR))
    far = np.flatnonzero(first > NEAR)
    return far[np.argsort(-first[far], kind="stable")]


def answers(measured: Measured, direction: str, query: int, *, k: int = SHOWN) -> list[Found]:
    """What a query finds first.

    Args:
        measured: with embeddings.
        direction: a key of ``DIRECTIONS``.
        query: row of the caption or photo.
        k: number of answers.
    """
    pairs = measured.pairs
    assert pairs is not None, "the caller has embeddings"
    by_text = direction == "text_to_image"
    scores = pairs.images @ pairs.texts[query] if by_text else pairs.texts @ pairs.images[query]
    right = (pairs.photo_of_text() if by_text else pairs.texts_of_photo())[query]
    best = np.argsort(-scores, kind="stable")[:k]
    return [Found(int(row), float(scores[row]), bool(row in right)) for row in best]


def show_examples(measured: Measured) -> None:
    """Queries of one kind, page by page, each with its answers."""
    pairs = measured.pairs
    if pairs is None or not pairs.captions:
        st.caption("Examples need embeddings with captions: measure a folder, or save with --save-embeddings.")
        return
    with st.container(horizontal=True):
        kind = st.segmented_control("Queries", KINDS, default=KINDS[2], key="example kind", required=True)
        ways = {way: direction for direction, way in DIRECTIONS.items()}
        way = st.segmented_control("Direction", list(ways), default=next(iter(ways)), key="example way", required=True)
    direction = ways[str(way)]
    found = chosen_queries(measured.first_ranks[direction], str(kind))
    rows = pairs.queries()[direction].rows[found]
    st.caption(f"{len(rows):,} of {len(measured.first_ranks[direction]):,} queries")
    if not len(rows):
        return
    pages = math.ceil(len(rows) / PAGE)
    page = st.pagination(pages, key=f"examples {measured.name} {kind} {direction}")
    start = (page - 1) * PAGE
    for place in range(start, min(start + PAGE, len(rows))):
        rank = int(measured.first_ranks[direction][found[place]])
        with st.container(border=True):
            _show_example(measured, direction, int(rows[place]), rank)


def _show_example(measured: Measured, direction: str, query: int, rank: int) -> None:
    pairs = measured.pairs
    assert pairs is not None, "the caller has embeddings"
    if direction == "text_to_image":
        st.markdown(f"**{plain(pairs.captions[query])}**  \n:small[the right photo is number {rank:,}]")
        own = int(pairs.photo_of_text()[query][0])
        found = answers(measured, direction, query)
        with st.grid(SHOWN + 1, min_column_width=95, gap="small") as grid:
            for one in found:
                with grid.cell():
                    _show_photo(measured, one.row, _verdict(one))
            if not any(one.is_right for one in found):
                with grid.cell():
                    _show_photo(measured, own, f":orange-badge[right: {rank:,}]")
        return
    left, right = st.columns([1, 3])
    with left:
        _show_photo(measured, query, f":small[its first caption is number {rank:,}]")
    with right:
        for one in answers(measured, direction, query):
            st.markdown(f"{_verdict(one)} {plain(pairs.captions[one.row])}")


def _verdict(found: Found) -> str:
    badge = ":green-badge[✓ right]" if found.is_right else ":red-badge[✗]"
    return f"{badge} :small[{found.cosine:.3f}]"


def _show_photo(measured: Measured, row: int, label: str) -> None:
    pairs = measured.pairs
    assert pairs is not None, "the caller has embeddings"
    name = pairs.image_ids[row] if pairs.image_ids else f"photo {row}"
    path = measured.paths.get(name)
    with show_errors():
        if path is None:
            st.caption(plain(name))
        else:
            try:
                st.image(_preview(str(path)), width="stretch", alt=name)
            except PhotoError as error:
                st.warning(plain(f"{name}: {error}"))
    st.markdown(label)


@st.cache_data(max_entries=500, show_spinner=False)
def _preview(path: str) -> Any:
    return picture_preview(Path(path).read_bytes(), side=PREVIEW_PX)
