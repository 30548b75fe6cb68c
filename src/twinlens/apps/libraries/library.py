"""``Library``: the interface that the app searches, for local and served collections."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from twinlens.api.searching import Answer

THUMBNAIL_PX = 480  # sharp at a quarter of a wide page
UPLOADED = "the uploaded picture"


@dataclass(frozen=True, slots=True)
class LibraryCard:
    """Facts about a library for the sidebar.

    Attributes:
        place: folder, or URL of the server.
        num_images: searchable photos.
        num_captions: searchable captions.
        model: name of the model.
        fingerprint: of the model.
        is_complete: False until an index run has finished.
        since_index: what has changed in the photo folders since, at least, such as "3 new, 1 gone".
    """

    place: str
    num_images: int
    num_captions: int
    model: str
    fingerprint: str
    is_complete: bool = True
    since_index: str = ""


@dataclass(frozen=True, slots=True)
class SearchOptions:
    """Options of a search.

    Attributes:
        k: number of hits.
        show_all: include hits that do not match.
        all_copies: show near copies of a picture one by one, not as one hit.
        filters: values by filter name.
    """

    k: int = 10
    show_all: bool = False
    filters: Mapping[str, Any] = field(default_factory=dict)
    all_copies: bool = False


class Library(Protocol):
    """Searchable photos and captions; may be shared between sessions."""

    def card(self) -> LibraryCard:
        """Current facts about the library."""

    def by_words(self, words: str, options: SearchOptions) -> Answer:
        """Photos that fit a text, or a weighted sum of texts."""

    def by_picture(self, picture: bytes, options: SearchOptions) -> Answer:
        """Photos that look like an uploaded picture."""

    def captions_of(self, picture: bytes, options: SearchOptions) -> Answer:
        """The library's captions that fit an uploaded picture."""

    def thumbnail(self, photo_id: str) -> bytes:
        """An upright JPEG of a photo, with its longer side at most ``THUMBNAIL_PX`` pixels."""
