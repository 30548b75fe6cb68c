"""The pictures that are searched by: uploaded ones and photos of the library, wanted or not, whole or a part."""

import io
from collections.abc import Sequence

import streamlit as st
from PIL import Image
from streamlit.runtime.uploaded_file_manager import UploadedFile

from twinlens.api.searching import picture_preview
from twinlens.apps.libraries.library import AskedPicture, Library
from twinlens.apps.streamlit.finding.asked import PICKED, drop_photo
from twinlens.apps.streamlit.notices import plain, show_errors

SUFFIXES = ("jpg", "jpeg", "png", "webp", "gif", "tif", "tiff", "bmp", "heic", "heif", "avif")
SHOWN_PX = 200
WHOLE = "0%,0%,100%,100%"  # a region of a moment
LIKE, NOT_LIKE = "Like this", "Not like this"


def offer_pictures() -> list[UploadedFile]:
    """A menu to upload pictures."""
    with st.popover("By picture", icon=":material/image_search:"):
        return st.file_uploader(
            "Pictures to search by",
            type=SUFFIXES,
            key="picture",
            accept_multiple_files=True,
            help="Several find what is like all of them. They are kept in memory only, never written to disk.",
        )


def asked_pictures(library: Library, uploads: Sequence[UploadedFile]) -> tuple[AskedPicture, ...]:
    """Draws the pictures that are searched by; one that cannot be read is left out, with a line."""
    picked: dict[str, bool] = st.session_state.get(PICKED, {})
    asked: list[AskedPicture] = []
    if not uploads and not picked:
        return ()
    with st.grid(min_column_width=190):
        for upload in uploads:
            asked += _picture(library, f"upload {upload.file_id}", upload.name, AskedPicture(upload.getvalue()))
        for photo_id, is_wanted in picked.items():
            picture = AskedPicture(photo_id=photo_id, is_wanted=is_wanted)
            asked += _picture(library, f"picked {photo_id}", photo_id, picture)
    return tuple(asked)


def _picture(library: Library, key: str, name: str, picture: AskedPicture) -> list[AskedPicture]:
    asked: list[AskedPicture] = []
    with st.container(border=True), show_errors():
        place = st.empty()
        st.caption(plain(name.rpartition("/")[2]))
        role = st.segmented_control(
            name,
            (LIKE, NOT_LIKE),
            default=LIKE if picture.is_wanted else NOT_LIKE,
            key=f"{key} role",
            label_visibility="collapsed",
            required=True,
        )
        at_s = _moment(library, picture.photo_id, key) if role == LIKE and picture.photo_id else None
        if picture.photo_id:
            preview = _opened(library.thumbnail(picture.photo_id, side=SHOWN_PX, at_s=at_s))
        else:
            preview = picture_preview(picture.data, side=SHOWN_PX)
        region = "" if at_s is None else WHOLE
        if role == LIKE and st.toggle("Only a part of it", key=f"{key} part"):
            left, right = st.slider("From left to right, %", 0, 100, (25, 75), step=5, key=f"{key} across")
            top, bottom = st.slider("From top to bottom, %", 0, 100, (25, 75), step=5, key=f"{key} down")
            region = f"{left}%,{top}%,{max(right - left, 5)}%,{max(bottom - top, 5)}%"
            preview = _dimmed(preview, (left, top, max(right, left + 5), max(bottom, top + 5)))
        region += "" if at_s is None else f"@{at_s:g}"
        place.image(preview)
        if picture.photo_id:
            st.button("Remove", key=f"{key} drop", on_click=drop_photo, args=(picture.photo_id,), type="tertiary")
        asked.append(AskedPicture(picture.data, picture.photo_id, region, role != NOT_LIKE))
    return asked


def _moment(library: Library, photo_id: str, key: str) -> float | None:
    """The moment of a video that is meant, in seconds; None for all of it, and for a photo."""
    duration_s = library.photo(photo_id).duration_s
    if not duration_s or not st.toggle("Only a moment of it", key=f"{key} moment"):
        return None
    return st.slider(
        "Seconds from its start", 0.0, duration_s, duration_s / 2, step=min(0.5, duration_s), key=f"{key} at"
    )


def _dimmed(picture: Image.Image, per_cent: tuple[int, int, int, int]) -> Image.Image:
    """The picture, dark outside of a part."""
    left, top, right, bottom = per_cent
    box = (
        left * picture.width // 100,
        top * picture.height // 100,
        min(right * picture.width // 100, picture.width),
        min(bottom * picture.height // 100, picture.height),
    )
    dark = Image.blend(picture, Image.new("RGB", picture.size), 0.7)
    dark.paste(picture.crop(box), box[:2])
    return dark


def _opened(thumbnail: bytes) -> Image.Image:
    """A thumbnail, which this program has made itself."""
    with Image.open(io.BytesIO(thumbnail)) as picture:
        return picture.convert("RGB")
