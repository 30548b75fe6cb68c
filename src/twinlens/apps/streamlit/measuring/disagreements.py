"""Queries that one of two models answers at once and the other does not, with what each of them finds."""

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from twinlens.apps.streamlit.measuring.answers import embedded, show_answers, show_query
from twinlens.apps.streamlit.measuring.examples import choose_direction, has_captions, show_pages
from twinlens.apps.streamlit.measuring.measured import Measured
from twinlens.apps.streamlit.notices import plain

KINDS = ("Only A is right", "Only B is right")
PAGE = 3


def show_disagreements(first: Measured, second: Measured) -> None:
    """Draws the queries where two models differ; both must be of the same photos and captions."""
    with st.container(horizontal=True):
        kind = st.segmented_control("Where they differ", KINDS, default=KINDS[0], key="differ", required=True)
        direction = choose_direction(key="differ way")
    a, b = first.first_ranks[direction], second.first_ranks[direction]
    both, none = int(((a == 1) & (b == 1)).sum()), int(((a > 1) & (b > 1)).sum())
    only_a, only_b = disagreements(a, b), disagreements(b, a)
    st.caption(
        f"Of {len(a):,} queries both are right at once in {both:,}, only A in {len(only_a):,}, "
        f"only B in {len(only_b):,}, neither in {none:,}. The clearest differences come first."
    )
    lacking = [one.name for one in (first, second) if not has_captions(one)]
    if lacking:
        st.caption(f"{plain(lacking[0])} has no captions to show the queries with.")
        return

    def draw(place: int) -> None:
        _show_both(first, second, direction, place)

    places = only_a if kind == KINDS[0] else only_b
    show_pages(places.tolist(), draw, key=f"differ {first.name} {second.name} {kind} {direction}", size=PAGE)


def disagreements(right: NDArray[np.int64], wrong: NDArray[np.int64]) -> NDArray[np.int64]:
    """Places of the queries that only the first model answers at once; where the other is furthest off first.

    Args:
        right: [Q], the rank of each query's first right answer, of the model that is right.
        wrong: [Q], the same of the other one.

    >>> disagreements(np.array([1, 1, 1, 4]), np.array([3, 1, 9, 1])).tolist()
    [2, 0]
    """
    found = np.flatnonzero((right == 1) & (wrong > 1))
    return found[np.argsort(-wrong[found], kind="stable")]


def _show_both(first: Measured, second: Measured, direction: str, place: int) -> None:
    query = int(embedded(first).queries()[direction].rows[place])
    shown_by = first if first.paths else second
    if direction == "text_to_image":
        show_query(shown_by, direction, query)
    else:
        with st.container(width=160):
            show_query(shown_by, direction, query)
    for letter, one in (("A", first), ("B", second)):
        rank = int(one.first_ranks[direction][place])
        st.markdown(f"**{letter}** :small[{plain(one.name)}: the first right answer is number {rank:,}]")
        show_answers(one, direction, query, rank=rank)
