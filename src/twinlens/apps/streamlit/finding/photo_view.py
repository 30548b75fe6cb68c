"""One photo by itself: why it was found, what is known about it, and what people give to it."""

from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from twinlens.api.searching import HitReasons
from twinlens.apps.libraries.library import VIEWED_PX, Library, PhotoFacts, SearchOptions
from twinlens.apps.streamlit.curating.captions import offer_captions, offer_descriptions
from twinlens.apps.streamlit.finding.asked import Asked, close_photo, open_photo, take_photo
from twinlens.apps.streamlit.finding.hits import COLOURS, opinion
from twinlens.apps.streamlit.notices import attempt, plain, show_errors
from twinlens.types import Hit


def photo_view(library: Library, photo_id: str, asked: Asked, options: SearchOptions) -> None:
    """Draws the photo, big, and beside it all that is known; on a phone below it."""
    _show_ways(photo_id)
    facts = library.photo(photo_id)
    words = asked.words.strip() if not asked.pictures else ""
    picture, about = st.columns([3, 2])
    with picture:
        _show_picture(library, photo_id, words)
    with about:
        st.markdown(f"#### {plain(photo_id.rpartition('/')[2])}")
        if asked:
            _show_why(library, photo_id, asked, options)
        _show_gifts(library, facts, words)
        _show_facts(library, facts)


def _show_ways(photo_id: str) -> None:
    ids: Sequence[str] = st.session_state.get("page ids", ())
    place = ids.index(photo_id) if photo_id in ids else -1
    with st.container(horizontal=True):
        st.button("Back to the photos", icon=":material/grid_view:", key="back", on_click=close_photo)
        for label, step, shortcut in (("Previous", -1, "left"), ("Next", 1, "right")):
            there = place >= 0 and 0 <= place + step < len(ids)
            other = ids[place + step] if there else photo_id
            st.button(label, key=label, on_click=open_photo, args=(other,), disabled=not there, shortcut=shortcut)
    with st.container(horizontal=True, gap="xsmall"):
        st.button("More like this", key="like", on_click=take_photo, args=(photo_id,), kwargs={"alone": True})
        st.button("Add to the search", key="also like", on_click=take_photo, args=(photo_id,))
        unwanted = {"is_wanted": False}
        st.button("Not like this", key="not like", on_click=take_photo, args=(photo_id,), kwargs=unwanted)


def _show_picture(library: Library, photo_id: str, words: str) -> None:
    is_mapped = bool(words) and st.toggle("Show where the words match", key="why", persist_state="session")
    with show_errors():
        if is_mapped:
            st.image(library.why(photo_id, words), width="stretch", caption="darker where the words do not match")
        else:
            st.image(library.thumbnail(photo_id, side=VIEWED_PX), width="stretch", alt=photo_id)


def _show_why(library: Library, photo_id: str, asked: Asked, options: SearchOptions) -> None:
    ids: Sequence[str] = st.session_state.get("page ids", ())
    page = int(st.session_state.get(f"page {asked.key(options)}", 1))
    answer = asked.find(library, replace(options, offset=(page - 1) * options.k, explain=True))
    hit = next((one for one in answer.hits if one.id == photo_id), None)
    if hit is None or photo_id not in ids or answer.explanation is None:
        return
    if hit.grade:
        st.markdown(f":{COLOURS[hit.grade]}-badge[{hit.grade}]")
    reasons = next((one for one in answer.explanation.hits if one.image_id == photo_id), None)
    if reasons is not None:
        with st.expander("Why it was found", expanded=True):
            _show_reasons(reasons, hit)


def _show_reasons(reasons: HitReasons, hit: Hit) -> None:
    for line in reasons.lines(hit.found_by):
        st.caption(plain(line))
    if len(reasons.contributions) > 1:
        rows = [{"part": one.text, "contribution": one.contribution} for one in reasons.contributions]
        spec = {
            "data": {"values": rows},
            "mark": {"type": "bar", "tooltip": True},
            "encoding": {
                "y": {"field": "part", "type": "nominal", "sort": None, "title": None},
                "x": {
                    "field": "contribution",
                    "type": "quantitative",
                    "title": "part of the score",
                    "axis": {"format": ".2f", "tickCount": 4},
                },
                "color": {"condition": {"test": "datum.contribution < 0", "value": "#d1495b"}, "value": "#2a9d8f"},
            },
        }
        st.vega_lite_chart(spec=spec, height=60 + 30 * len(rows))


def _show_gifts(library: Library, facts: PhotoFacts, words: str) -> None:
    giving, ids = library.giving, [facts.id]
    with st.container(horizontal=True, vertical_alignment="center"):
        stars, mark = f"stars {facts.id}", f"favourite {facts.id}"
        st.session_state[stars] = facts.rating - 1 if facts.rating is not None and facts.rating > 0 else None
        st.feedback("stars", key=stars, on_change=_rate, args=(library, facts.id, stars))
        st.button(
            "♥ Favourite" if facts.is_favourite else "♡ Favourite",
            key=mark,
            on_click=attempt,
            args=(giving.mark, ids),
            kwargs={"is_favourite": not facts.is_favourite},
        )
        if words:
            opinion(library, words, facts.id, place="photo")
    albums = [card.name for card in giving.albums() if not card.query]
    for label, known, own in (("Tags", list(giving.tags()), facts.tags), ("Albums", albums, facts.albums)):
        key = f"{label} {facts.id}"
        st.session_state[key] = list(own)
        st.multiselect(
            label,
            list(dict.fromkeys([*own, *known])),
            key=key,
            accept_new_options=True,
            placeholder="choose, or type a new one",
            on_change=_change,
            args=(library, facts.id, label, tuple(own), key),
        )
    with st.expander("Suggested tags", key=f"suggest {facts.id}", on_change="rerun") as suggested:
        if suggested.open:
            _suggest(library, facts.id)


def _rate(library: Library, photo_id: str, key: str) -> None:
    chosen = st.session_state[key]
    attempt(library.giving.rate, [photo_id], 0 if chosen is None else chosen + 1)


def _change(library: Library, photo_id: str, label: str, before: tuple[str, ...], key: str) -> None:
    """Gives what was added to the choice, and takes away what was removed."""
    now = st.session_state[key]
    added, removed = [one for one in now if one not in before], [one for one in before if one not in now]
    giving = library.giving
    if label == "Tags":
        for tags, is_tagged in ((added, True), (removed, False)):
            if tags:
                attempt(giving.tag, [photo_id], tags, is_tagged=is_tagged)
        return
    for names, is_in in ((added, True), (removed, False)):
        for name in names:
            attempt(giving.put, name, [photo_id], is_in=is_in)


def _suggest(library: Library, photo_id: str) -> None:
    with show_errors(), st.spinner("The first time for a model this takes half a minute"):
        found = library.giving.suggested_tags(photo_id)
        if not found:
            st.caption("No tag of the list fits for sure.")
        with st.container(horizontal=True, gap="xsmall"):
            for tag, grade in found:
                args = (library.giving.tag, [photo_id], [tag])
                st.button(f"+ {plain(tag)}", key=f"tag {tag}", help=grade, on_click=attempt, args=args)


def _show_facts(library: Library, facts: PhotoFacts) -> None:
    offer_captions(library, facts)
    for text in (facts.title, facts.description):
        if text:
            st.markdown(plain(text))
    size = f"{facts.width} × {facts.height}" if facts.width and facts.height else None
    weight = file_size(facts.size_bytes) if facts.size_bytes else None
    rows = {
        "Taken": (facts.taken_at or "").replace("T", " "),
        "Camera": facts.camera,
        "Lens": facts.lens,
        "Place": (facts.place or "").replace("|", ", "),
        "People": ", ".join(facts.people),
        "Keywords": ", ".join(one.replace("|", " › ") for one in facts.keywords),
        "Size": ", ".join(part for part in (size, weight) if part),
        "Text in the picture": (facts.text or "").replace("\n", " · "),
        "File": facts.id,
    }
    st.markdown("  \n".join(f"**{name}** {plain(value)}" for name, value in rows.items() if value))
    offer_descriptions(library, facts)


def file_size(size_bytes: int) -> str:
    """In the unit that makes it a short number.

    >>> file_size(7_800), file_size(2_449_000), file_size(123_456_789)
    ('8 KB', '2.4 MB', '123 MB')
    """
    if size_bytes < 1e6:
        return f"{max(1, size_bytes / 1e3):.0f} KB"
    return f"{size_bytes / 1e6:,.{0 if size_bytes >= 1e7 else 1}f} MB"
