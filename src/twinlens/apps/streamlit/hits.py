"""Show hits: photos in a grid, captions in a table."""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from twinlens.apps.libraries.library import Found, Library
from twinlens.apps.streamlit.notices import plain
from twinlens.errors import TwinlensError
from twinlens.types import Hit

COLUMNS = 4


def show_photos(library: Library, found: Found) -> None:
    """A grid of the matches; if there are none, of the closest photos, with a notice."""
    hits = _say_what_matches(found, what="photos")
    for start in range(0, len(hits), COLUMNS):
        for column, hit in zip(st.columns(COLUMNS), hits[start : start + COLUMNS], strict=False):
            with column:
                try:
                    st.image(library.thumbnail(hit.id))
                except TwinlensError as error:  # a missing photo must not hide the others
                    st.warning(plain(str(error)))
                st.text(f"{verdict(hit)}\n{hit.id}")


def show_captions(found: Found) -> None:
    """A table of the captions that match, with their photos."""
    hits = _say_what_matches(found, what="captions")
    if hits:
        st.dataframe(caption_rows(hits), hide_index=True)


def verdict(hit: Hit) -> str:
    """Rank, probability (if the model is calibrated), and cosine.

    >>> from pathlib import Path
    >>> verdict(Hit(1, "a.jpg", Path("a.jpg"), 0.3123, probability=0.97, relevant=True))
    '1 · 97 % · cosine 0.312'
    >>> verdict(Hit(2, "a.jpg", Path("a.jpg"), 0.3))
    '2 · cosine 0.300'
    """
    chance = "" if hit.probability is None else f"{hit.probability:.0%}".replace("%", " %") + " · "
    return f"{hit.rank} · {chance}cosine {hit.score:.3f}"


def caption_rows(hits: Sequence[Hit]) -> list[dict[str, Any]]:
    """One row per caption, with probabilities if the model is calibrated."""
    rows = []
    for hit in hits:
        row: dict[str, Any] = {"rank": hit.rank}
        if hit.probability is not None:
            row["probability"] = round(hit.probability, 3)
        rows.append({**row, "cosine": round(hit.score, 3), "caption": hit.caption, "photo": hit.id})
    return rows


def _say_what_matches(found: Found, *, what: str) -> Sequence[Hit]:
    if found.query_read is not None:
        st.warning(plain(f"The model reads only this part of the query: {found.query_read}"))
    if not found.hits:
        st.info(f"Nothing was found among {found.num_candidates:,} {what}.")
    elif not found.is_match:
        st.info(f"Nothing here matches among {found.num_candidates:,} {what}. These are the closest:")
    else:
        st.caption(f"{len(found.hits):,} of {found.num_candidates:,} {what}, {found.took_ms:.0f} ms")
    return found.hits
