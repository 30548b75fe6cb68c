"""Photos that are chosen one by one, from any page of any search, to do something with all of them."""

import streamlit as st

CHOSEN = "chosen photos"  # ids, in the order in which they were chosen
CHOOSING = "choosing"


def is_choosing() -> bool:
    """Whether photos have boxes to choose them by."""
    return bool(st.session_state.get(CHOOSING))


def chosen_photos() -> list[str]:
    """Ids of the photos that are chosen."""
    return list(st.session_state.get(CHOSEN, ()))


def offer_choosing() -> None:
    """A switch that gives each photo a box."""
    about = "Gives each photo a box; “With these” then works with the photos that you chose."
    st.toggle("Choose", key=CHOOSING, help=about, persist_state="session")


def offer_choice(photo_id: str, *, place: str) -> None:
    """The box of a photo."""
    key = f"choose {place} {photo_id}"
    st.session_state[key] = photo_id in chosen_photos()
    st.checkbox("Chosen", key=key, on_change=_choose, args=(photo_id, key))


def clear_choice() -> None:
    """Chooses no photo."""
    st.session_state[CHOSEN] = []


def _choose(photo_id: str, key: str) -> None:
    others = [one for one in chosen_photos() if one != photo_id]
    st.session_state[CHOSEN] = [*others, photo_id] if st.session_state[key] else others
