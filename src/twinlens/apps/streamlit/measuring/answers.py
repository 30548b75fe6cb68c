"""What a query of an evaluation finds first, as pictures or captions that are marked right or wrong."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st

from twinlens.api.evaluation import EmbeddedPairs
from twinlens.api.searching import picture_preview
from twinlens.apps.streamlit.measuring.measured import Measured
from twinlens.apps.streamlit.notices import plain, show_errors
from twinlens.errors import PhotoError

SHOWN = 5
PREVIEW_PX = 240
RIGHT, WRONG, MISSED = ":green-badge[✓ right]", ":red-badge[✗ wrong]", ":orange-badge[the right one]"


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


def answers(measured: Measured, direction: str, query: int, *, k: int = SHOWN) -> list[Found]:
    """What a query finds first.

    Args:
        measured: with embeddings.
        direction: a key of ``DIRECTIONS``.
        query: row of the caption or photo.
        k: number of answers.
    """
    pairs = embedded(measured)
    by_text = direction == "text_to_image"
    scores = pairs.images @ pairs.texts[query] if by_text else pairs.texts @ pairs.images[query]
    right = (pairs.photo_of_text() if by_text else pairs.texts_of_photo())[query]
    best = np.argsort(-scores, kind="stable")[:k]
    return [Found(int(row), float(scores[row]), bool(row in right)) for row in best]


def show_query(measured: Measured, direction: str, query: int) -> None:
    """The caption or the photo that is searched for."""
    pairs = embedded(measured)
    if direction == "text_to_image":
        st.markdown(f"**“{plain(pairs.captions[query].strip())}”**")
    else:
        show_photo(measured, query)


def show_answers(measured: Measured, direction: str, query: int, *, rank: int) -> None:
    """What a query finds first, and the right photo where it is not among that.

    Args:
        measured: with embeddings and captions.
        direction: a key of ``DIRECTIONS``.
        query: row of the caption or photo.
        rank: of its first right answer.
    """
    pairs = embedded(measured)
    found = answers(measured, direction, query)
    if direction != "text_to_image":
        for one in found:
            st.markdown(f"{_verdict(one)} {plain(pairs.captions[one.row])}")
        return
    with st.grid(SHOWN + 1, min_column_width=95, gap="small") as grid:
        for one in found:
            with grid.cell():
                show_photo(measured, one.row)
                st.markdown(_verdict(one))
        if not any(one.is_right for one in found):
            own = int(pairs.photo_of_text()[query][0])
            cosine = float(pairs.images[own] @ pairs.texts[query])
            with grid.cell():
                show_photo(measured, own)
                st.markdown(f"{MISSED} :small[number {rank:,}, cosine {cosine:.2f}]")


def embedded(measured: Measured) -> EmbeddedPairs:
    """The embeddings, which the caller knows to be there."""
    assert measured.pairs is not None, "the caller has embeddings"
    return measured.pairs


def show_photo(measured: Measured, row: int) -> None:
    """A photo with its first caption as the text for people who do not see it; or its name, if it is not here."""
    pairs = embedded(measured)
    name = pairs.image_ids[row] if pairs.image_ids else f"photo {row}"
    path = measured.paths.get(name)
    if path is None:
        st.caption(plain(name))
        return
    with show_errors():
        try:
            said = pairs.captions[int(pairs.a_text_of_photo()[row])] if pairs.captions else name
            st.image(_preview(str(path)), width="stretch", alt=said)
        except PhotoError as error:
            st.warning(plain(f"{name}: {error}"))


def _verdict(found: Found) -> str:
    return f"{RIGHT if found.is_right else WRONG} :small[cosine {found.cosine:.2f}]"


@st.cache_data(max_entries=500, show_spinner=False)
def _preview(path: str) -> Any:
    return picture_preview(Path(path).read_bytes(), side=PREVIEW_PX)
