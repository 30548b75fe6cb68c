"""The tab that finds captions and similar photos for an uploaded picture."""

import streamlit as st

from twinlens.api.searching import picture_preview
from twinlens.apps.libraries.library import Library
from twinlens.apps.streamlit.hits import show_captions, show_photos
from twinlens.apps.streamlit.notices import show_errors
from twinlens.apps.streamlit.search_options import search_options

SUFFIXES = ("jpg", "jpeg", "png", "webp", "gif", "tif", "tiff", "bmp", "heic", "heif", "avif")
SHOWN_PX = 480


def picture_tab(library: Library) -> None:
    """An upload, the captions that fit it, and the photos that look like it."""
    upload = st.file_uploader(
        "A picture", type=SUFFIXES, key="picture", help="Kept in memory only, never written to disk."
    )
    wanted = search_options("picture")
    if upload is None:
        return
    picture = upload.getvalue()
    with show_errors():
        shown = picture_preview(picture, side=SHOWN_PX)
        left, right = st.columns([1, 2])
        left.image(shown)
        with right:
            st.subheader("Captions that fit")
            with show_errors():
                show_captions(library.captions_of(picture, wanted))
        st.subheader("Similar photos")
        show_photos(library, library.by_picture(picture, wanted))
