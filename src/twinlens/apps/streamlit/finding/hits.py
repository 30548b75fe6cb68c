"""Show hits: photos in a grid of cards, captions in a table."""

from collections.abc import Sequence
from datetime import datetime
from textwrap import shorten
from typing import Any

import streamlit as st

from twinlens.api.searching import Answer, HitReasons
from twinlens.apps.libraries.library import Library
from twinlens.apps.streamlit.finding.asked import open_photo
from twinlens.apps.streamlit.finding.choosing import is_choosing, offer_choice
from twinlens.apps.streamlit.notices import attempt, plain
from twinlens.errors import TwinlensError
from twinlens.types import Hit, as_told

CARD_PX = 150  # the least width: two stand beside each other on a phone
MOST_SPOKEN = 80  # characters of a caption
MOST_ALIKE = 12  # near copies that are shown under a hit
COLOURS = {"strong": "green", "likely": "blue", "possible": "gray"}


def show_grid(library: Library, answer: Answer, hits: Sequence[Hit], *, words: str, place: str) -> None:
    """Cards of photos.

    Args:
        library: of the photos.
        answer: of which they are.
        hits: the photos.
        words: that opinions on them are about; empty for none.
        place: makes keys of the same photo in another view unique.
    """
    reasons = {one.image_id: one for one in answer.explanation.hits} if answer.explanation else {}
    with st.grid(min_column_width=CARD_PX, gap="small", key=f"photos {place}") as grid:
        for hit in hits:
            with grid.cell(), st.container(gap="xsmall", key=f"card {place} {hit.id}"):
                _show_picture(library, hit)
                st.markdown(labels(hit))
                if (why := reasons.get(hit.id)) is not None:
                    _show_reasons(why, hit)
                if is_choosing():
                    offer_choice(hit.id, place=place)
                _show_buttons(library, hit, words=words, place=place)
                _offer_alike(library, hit, key=f"alike {place} {hit.id}")


def _show_buttons(library: Library, hit: Hit, *, words: str, place: str) -> None:
    with st.container(horizontal=True, gap="xxsmall", vertical_alignment="center"):
        st.button("Open", key=f"open {place} {hit.id}", on_click=open_photo, args=(hit.id,), type="tertiary")
        st.button(
            "♥" if hit.is_favourite else "♡",
            key=f"favourite {place} {hit.id}",
            help="Favourite",
            on_click=attempt,
            args=(library.giving.mark, [hit.id]),
            kwargs={"is_favourite": not hit.is_favourite},
            type="tertiary",
        )
        if words:
            opinion(library, words, hit.id, place=place, is_good="feedback" in hit.found_by)


def opinion(library: Library, words: str, photo_id: str, *, place: str, is_good: bool = False) -> None:
    """Thumbs: whether a photo fits words, which the next search learns from; a second click takes it back.

    Args:
        library: of the photo.
        words: that were searched for.
        photo_id: of the photo.
        place: makes the key unique.
        is_good: it was called good before.
    """
    key = f"thumbs {place} {photo_id} {words}"
    if is_good:
        st.session_state.setdefault(key, 1)
    st.feedback("thumbs", key=key, on_change=_say, args=(library, words, photo_id, key))


def _say(library: Library, words: str, photo_id: str, key: str) -> None:
    giving = library.giving
    match st.session_state[key]:
        case None:
            attempt(giving.forget_feedback, words, [photo_id])
        case 0:
            attempt(giving.feedback, words, bad=[photo_id])
        case _:
            attempt(giving.feedback, words, good=[photo_id])


def _show_reasons(why: HitReasons, hit: Hit) -> None:
    for line in why.lines(hit.found_by):
        st.caption(plain(line))


def _offer_alike(library: Library, hit: Hit, *, key: str) -> None:
    """A switch that shows the near copies that a hit stands for."""
    if not hit.num_alike or not st.toggle(f"+{hit.num_alike:,} alike", key=key):
        return
    for photo_id in hit.alike[:MOST_ALIKE]:
        show_thumbnail(library, photo_id)
        st.caption(plain(photo_id))
    if hit.num_alike > MOST_ALIKE:
        st.caption(f"and {hit.num_alike - MOST_ALIKE:,} more; show near copies one by one to see them")


def _show_picture(library: Library, hit: Hit) -> None:
    if hit.is_missing:
        st.warning("This file is gone.")
        return
    show_thumbnail(library, hit.id, alt=spoken_name(hit))


def show_thumbnail(library: Library, photo_id: str, *, alt: str | None = None) -> None:
    """A small picture of a photo, or why there is none; ``alt`` is what those hear who cannot see it."""
    try:
        st.image(library.thumbnail(photo_id), width="stretch", alt=alt or photo_id)
    except TwinlensError as error:  # a photo that cannot be read must not hide the others
        st.warning(plain(str(error)))


def spoken_name(hit: Hit) -> str:
    """What a photo is called for those who cannot see it: by its caption, else its day and place, else its file.

    >>> from pathlib import Path
    >>> photo = {"id": "sea/a.jpg", "path": Path("a.jpg"), "score": 0.3, "taken_at": "2023-06-12T10:00:00"}
    >>> spoken_name(Hit(1, **photo, place="Italy|Latium|Rome")), spoken_name(Hit(1, **photo, own_caption="low tide"))
    ('12 June 2023, Rome, Latium, Italy', 'low tide')
    """
    if hit.own_caption:
        return shorten(hit.own_caption, MOST_SPOKEN, placeholder="…")
    day = hit.taken_at and datetime.fromisoformat(hit.taken_at)
    parts = [f"{day.day} {day:%B %Y}"] if day else []
    parts += reversed(hit.place.split("|")) if hit.place else ()
    return ", ".join(parts) or hit.id.rpartition("/")[2]


def labels(hit: Hit) -> str:
    """What a card says of its photo, as Markdown: the grade, by what it was found, stars, and its name.

    >>> from pathlib import Path
    >>> labels(Hit(1, "sea/a.jpg", Path("a.jpg"), 0.3123, grade="strong", found_by=("meaning", "name"), rating=3))
    ':green-badge[strong] :violet-badge[name] ★★★  \\n:small[a\\\\.jpg]'
    """
    grade = [f":{COLOURS[hit.grade]}-badge[{hit.grade}]"] if hit.grade else []
    written = [f":violet-badge[{plain(as_told(by))}]" for by in hit.found_by if by != "meaning"]
    stars = ["★" * hit.rating] if hit.rating else []
    said = " ".join([*grade, *written, *stars])
    name = f":small[{plain(hit.id.rpartition('/')[2])}]"
    return f"{said}  \n{name}" if said else name


def caption_rows(hits: Sequence[Hit]) -> list[dict[str, Any]]:
    """One row per caption.

    >>> from pathlib import Path
    >>> caption_rows([Hit(1, "a.jpg", Path("a.jpg"), 0.25, caption="a sea", is_missing=True)])
    [{'rank': 1, 'caption': 'a sea', 'photo': 'a.jpg (file is gone)'}]
    """
    return [
        {
            "rank": hit.rank,
            "caption": hit.caption,
            "photo": f"{hit.id} (file is gone)" if hit.is_missing else hit.id,
        }
        for hit in hits
    ]


def description_rows(hits: Sequence[Hit]) -> list[dict[str, Any]]:
    """One row per description of the built-in list.

    >>> from pathlib import Path
    >>> description_rows([Hit(1, "", Path(), 0.25, caption="a sea", grade="likely")])
    [{'rank': 1, 'grade': 'likely', 'description': 'a sea'}]
    """
    return [{"rank": hit.rank, "grade": hit.grade or "", "description": hit.caption} for hit in hits]


def show_captions(answer: Answer) -> None:
    """A table of captions, with their photos; without captions, of descriptions with their grades."""
    if answer.source == "built-in":
        st.caption("The library has no captions; these descriptions are from a built-in list.")
        st.dataframe(description_rows(answer.shown), hide_index=True)
    else:
        st.dataframe(caption_rows(answer.shown), hide_index=True)
