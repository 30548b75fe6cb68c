"""Examples of an evaluation: captions and photos as queries, what was found first, right or wrong."""

import math
from collections.abc import Callable, Sequence

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from twinlens.apps.streamlit.measuring.answers import embedded, show_answers, show_query
from twinlens.apps.streamlit.measuring.figures import DIRECTIONS
from twinlens.apps.streamlit.measuring.measured import Measured

KINDS = ("Right at once", "Near misses", "Furthest off")
NEAR = 10  # a right answer below this rank is far off
PAGE = 4


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


def show_examples(measured: Measured) -> None:
    """Queries of one kind, page by page, each with its answers."""
    if not has_captions(measured):
        st.caption("Examples need embeddings with captions: measure a folder, or save with --save-embeddings.")
        return
    with st.container(horizontal=True):
        kind = st.segmented_control("Queries", KINDS, default=KINDS[2], key="example kind", required=True)
        direction = choose_direction(key="example way")
    first = measured.first_ranks[direction]
    found = chosen_queries(first, str(kind))
    meant = {KINDS[0]: "rank 1", KINDS[1]: f"ranks 2 to {NEAR}", KINDS[2]: f"a rank above {NEAR}"}[str(kind)]
    st.caption(f"{len(found):,} of {len(first):,} queries have their first right answer at {meant}.")

    def draw(place: int) -> None:
        _show_example(measured, direction, place)

    show_pages(found.tolist(), draw, key=f"examples {measured.name} {kind} {direction}")


def has_captions(measured: Measured) -> bool:
    """Whether its queries can be shown."""
    return measured.pairs is not None and bool(measured.pairs.captions)


def choose_direction(*, key: str) -> str:
    """A choice between the two directions; gives a key of ``DIRECTIONS``."""
    ways = {way: direction for direction, way in DIRECTIONS.items()}
    way = st.segmented_control("Direction", list(ways), default=next(iter(ways)), key=key, required=True)
    return ways[str(way)]


def show_pages(places: Sequence[int], draw: Callable[[int], None], *, key: str, size: int = PAGE) -> None:
    """Draws some of the places, with a choice of pages below them.

    Args:
        places: of the queries.
        draw: draws one.
        key: of the choice.
        size: places of a page.
    """
    pages = math.ceil(len(places) / size)
    page = int(st.session_state.get(key) or 1)
    start = (min(page, max(pages, 1)) - 1) * size
    for place in places[start : start + size]:
        with st.container(border=True):
            draw(place)
    if pages > 1:
        st.pagination(pages, key=key)


def _show_example(measured: Measured, direction: str, place: int) -> None:
    query = int(embedded(measured).queries()[direction].rows[place])
    rank = int(measured.first_ranks[direction][place])
    if direction == "text_to_image":
        show_query(measured, direction, query)
        show_answers(measured, direction, query, rank=rank)
        return
    left, right = st.columns([1, 3])
    with left:
        show_query(measured, direction, query)
        st.caption(f"its first right caption is number {rank:,}")
    with right:
        show_answers(measured, direction, query, rank=rank)
