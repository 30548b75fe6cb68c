"""What is searched for: words, pictures, both, or nothing."""

from dataclasses import dataclass, replace

import streamlit as st

from twinlens.api.searching import Answer
from twinlens.apps.libraries.library import AskedPicture, Library, SearchOptions

WORDS = "words"
PICKED = "picked photos"  # ids of photos of the library that are searched by → whether they are wanted
OPEN = "open photo"


@dataclass(frozen=True, slots=True)
class Asked:
    """What is searched for.

    Attributes:
        words: of the search box.
        pictures: wanted ones, and those whose like is left out.
    """

    words: str = ""
    pictures: tuple[AskedPicture, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.words.strip() or self.pictures)

    def find(self, library: Library, options: SearchOptions) -> Answer:
        """The photos that are asked for; all of them, newest first, where nothing is."""
        if self.pictures:
            return library.by_pictures(self.pictures, options, self.words)
        if self.words.strip():
            return library.by_words(self.words, options)
        return library.browse(options if options.sort != "relevance" else replace(options, sort="date"))

    def key(self, options: SearchOptions) -> str:
        """Tells one search from another, whatever the page."""
        return str(hash((self.words, self.pictures, repr(replace(options, offset=0, explain=False)))))


def take_words(words: str) -> None:
    """Puts words into the search box, before it is drawn."""
    st.session_state[WORDS] = words
    close_photo()


def take_photo(photo_id: str, *, is_wanted: bool = True, alone: bool = False) -> None:
    """Searches by a photo of the library, beside the others or alone."""
    st.session_state[PICKED] = {**({} if alone else st.session_state.get(PICKED, {})), photo_id: is_wanted}
    if alone:
        st.session_state[WORDS] = ""
    close_photo()


def drop_photo(photo_id: str) -> None:
    """Searches no longer by a photo of the library."""
    picked: dict[str, bool] = st.session_state.get(PICKED, {})
    st.session_state[PICKED] = {one: is_wanted for one, is_wanted in picked.items() if one != photo_id}


def open_photo(photo_id: str) -> None:
    """Shows a photo by itself."""
    st.session_state[OPEN] = photo_id


def close_photo() -> None:
    """Goes back to the photos."""
    st.session_state.pop(OPEN, None)
