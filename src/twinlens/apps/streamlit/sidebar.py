"""The sidebar: choose a collection and a model, or show the server."""

from dataclasses import dataclass, replace
from pathlib import Path

import streamlit as st

from twinlens import api
from twinlens.apps.libraries.library import Library, LibraryCard
from twinlens.apps.libraries.local.open_libraries import LIBRARIES
from twinlens.apps.libraries.served.rest_client import RestClient
from twinlens.apps.libraries.served.served_library import ServedLibrary
from twinlens.apps.streamlit.folder_chooser import folder_chooser
from twinlens.apps.streamlit.indexing import change_model, complete_change, index_photos
from twinlens.apps.streamlit.notices import plain, show_errors, told_here
from twinlens.apps.streamlit.settings import AppSettings
from twinlens.apps.streamlit.typed_place import typed_place
from twinlens.counted import counted
from twinlens.errors import CollectionNotFoundError, ModelMismatchError

OWN_MODEL = "the collection's own"
ABOUT_VERIFYING = "Finds photos that changed without a new size or date, and reads dates and places again. Takes long."


@dataclass(frozen=True)
class Chosen:
    """The user's choices in the sidebar.

    Attributes:
        library: None if there is nothing to search yet; the sidebar, or the first page, says why.
        model: the requested model; None = the collection's model.
        unindexed: the folder, if it was never indexed.
    """

    library: Library | None = None
    model: str | None = None
    unindexed: str | None = None


def choose(settings: AppSettings) -> Chosen:
    """Draws the sidebar and opens the chosen library."""
    chosen = Chosen()
    with show_errors():
        if settings.server is not None:
            chosen = Chosen(_served(settings.server, settings.api_key))
        else:
            place, model = _place_and_model(settings)
            chosen = _opened(place, model)
            if chosen.library:
                _offer_indexing(place, model)
    return _checked(chosen)


def _offer_indexing(place: str, model: str | None) -> None:
    verify = bool(st.session_state.get("verify"))
    if st.button("Look for new photos", key="index again", icon=":material/sync:", width="stretch"):
        st.success(plain(index_photos(place, model=model, verify=verify)))
    st.checkbox("Read unchanged ones again, too", key="verify", help=ABOUT_VERIFYING)


def _checked(chosen: Chosen) -> Chosen:
    """Shows the library's card; drops the library if it does not answer."""
    if chosen.library is not None:
        with show_errors():
            _show_card(chosen.library.card())
            return chosen
    return replace(chosen, library=None)


def _place_and_model(settings: AppSettings) -> tuple[str, str | None]:
    start = settings.collection or str(Path.cwd())
    about = "A photo folder, a subfolder of one, or a collection."
    place = folder_chooser("Photos", start=start, key="place", about=about, is_marked=_is_indexed)
    models = [OWN_MODEL, *dict.fromkeys([*([settings.model] if settings.model else []), *api.models.known_bundles()])]
    model = st.selectbox("Model", models, index=1 if settings.model else 0, key="model")
    return typed_place(place, otherwise=start), None if model == OWN_MODEL else model


def _is_indexed(folder: Path) -> bool:
    return api.library.find_collection(folder) is not None


def _opened(place: str, model: str | None) -> Chosen:
    """Opens the library of a place; if it is of another model, shows a button to change it."""
    try:
        return Chosen(LIBRARIES.get(place, model=model), model)
    except CollectionNotFoundError as error:
        if Path(place).expanduser().is_dir():
            return Chosen(model=model, unindexed=place)
        st.info(plain(told_here(error)))
    except ModelMismatchError as error:
        if complete_change(place, model=model):
            return Chosen(LIBRARIES.get(place, model=model), model)
        st.warning(plain(str(error)))
        about = "Searches use the old vectors until this is done."
        if model and st.button(f"Embed all photos again with {model}", key="reindex", help=about):
            st.success(plain(change_model(place, model=model)))
            return Chosen(LIBRARIES.get(place, model=model), model)
    return Chosen(model=model)


@st.cache_resource(max_entries=8, show_spinner=False)
def _served(server: str, api_key: str | None) -> ServedLibrary:
    return ServedLibrary(RestClient(server, key=api_key))


def _show_card(card: LibraryCard) -> None:
    st.text(f"{counted(card.num_images, 'photo')}, {counted(card.num_captions, 'caption')}")
    st.caption(plain(card.place))
    st.caption(f"model {plain(card.model)}  \n`{card.fingerprint}`")
    if card.since_index:
        st.info(f"Since the last look for new photos at least {card.since_index}.")
    if not card.is_complete:
        st.info("Indexing was not finished; 'Look for new photos' continues it.")
