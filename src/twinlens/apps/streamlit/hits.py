"""Show hits: photos in a grid, captions in a table."""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from twinlens.api.searching import Answer
from twinlens.apps.libraries.library import Library
from twinlens.apps.streamlit.notices import plain
from twinlens.errors import TwinlensError
from twinlens.types import Hit

COLUMNS = 4
MOST_ALIKE = 12  # near copies that are shown under a hit


def show_photos(library: Library, answer: Answer) -> None:
    """A grid of the hits with a grade; if there are none, of the closest photos, with a notice."""
    hits = _report_matches(answer, what="photos")
    for start in range(0, len(hits), COLUMNS):
        for column, hit in zip(st.columns(COLUMNS), hits[start : start + COLUMNS], strict=False):
            with column:
                _show_picture(library, hit)
                st.text(f"{verdict(hit)}\n{hit.id}")
                _offer_alike(library, hit, key=f"alike {answer.search.query.kind()} {hit.id}")


def _offer_alike(library: Library, hit: Hit, *, key: str) -> None:
    """A switch that shows the near copies that a hit stands for."""
    if not hit.num_alike or not st.toggle(f"+{hit.num_alike:,} alike", key=key):
        return
    for photo_id in hit.alike[:MOST_ALIKE]:
        _show_thumbnail(library, photo_id)
        st.text(photo_id)
    if hit.num_alike > MOST_ALIKE:
        st.caption(f"and {hit.num_alike - MOST_ALIKE:,} more; show near copies one by one to see them")


def _show_picture(library: Library, hit: Hit) -> None:
    if hit.is_missing:
        st.warning("This file is gone.")
        return
    _show_thumbnail(library, hit.id)


def _show_thumbnail(library: Library, photo_id: str) -> None:
    try:
        st.image(library.thumbnail(photo_id))
    except TwinlensError as error:  # a photo that cannot be read must not hide the others
        st.warning(plain(str(error)))


def show_captions(answer: Answer) -> None:
    """A table of the captions that match, with their photos."""
    hits = _report_matches(answer, what="captions")
    if hits:
        st.dataframe(caption_rows(hits), hide_index=True)


def verdict(hit: Hit) -> str:
    """Rank, grade (if it has one), and cosine.

    >>> from pathlib import Path
    >>> verdict(Hit(1, "a.jpg", Path("a.jpg"), 0.3123, grade="strong"))
    '1 · strong · cosine 0.312'
    >>> verdict(Hit(2, "a.jpg", Path("a.jpg"), 0.3))
    '2 · cosine 0.300'
    """
    return " · ".join([str(hit.rank), *([hit.grade] if hit.grade else []), f"cosine {hit.score:.3f}"])


def caption_rows(hits: Sequence[Hit]) -> list[dict[str, Any]]:
    """One row per caption.

    >>> from pathlib import Path
    >>> caption_rows([Hit(1, "a.jpg", Path("a.jpg"), 0.25, caption="a sea", is_missing=True)])
    [{'rank': 1, 'cosine': 0.25, 'caption': 'a sea', 'photo': 'a.jpg (file is gone)'}]
    """
    return [
        {
            "rank": hit.rank,
            "cosine": round(hit.score, 3),
            "caption": hit.caption,
            "photo": f"{hit.id} (file is gone)" if hit.is_missing else hit.id,
        }
        for hit in hits
    ]


def _report_matches(answer: Answer, *, what: str) -> Sequence[Hit]:
    hits, among = answer.shown, f"{answer.num_candidates:,} {what}"
    if answer.query_read is not None:
        st.warning(plain(f"The model reads only this part of the query: {answer.query_read}"))
    if answer.wording.note:
        st.info(plain(_sentence(answer.wording.note)))
    _report_missing(answer)
    if answer.date_note:
        st.caption(plain(answer.date_note))
    if not hits:
        st.info(f"Nothing was found among {among}.")
    elif not answer.matching and answer.wording.no_word_known:
        st.info(f"The closest among {among}:")
    elif not answer.matching:
        st.info(f"No sure match among {among}. The closest:")
    else:
        graded = [answer.counted] if answer.counted else []
        ungraded = [answer.ungraded] if answer.ungraded and answer.search.target == "image" else []
        st.caption(", ".join([*graded, f"{len(hits):,} of {among} shown", *ungraded, f"{answer.took_ms:.0f} ms"]))
    return hits


def _sentence(note: str) -> str:
    return note[0].upper() + note[1:]


def _report_missing(answer: Answer) -> None:
    for folder in answer.absent_folders.values():
        st.warning(plain(f"The photo folder {folder} is missing or empty. Is its disk mounted?"))
    if answer.gone:
        st.warning(f"{len(answer.gone):,} of these photos are gone since the last look for new photos.")
