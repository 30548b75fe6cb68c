"""What the browser says of the person who uses it."""

import streamlit as st

from twinlens.api.photos.describing import Language, accepted_language


def browser_language() -> Language:
    """The language, of those that descriptions are written in, that the person likes best."""
    return accepted_language(st.context.headers.get("Accept-Language") or "")
