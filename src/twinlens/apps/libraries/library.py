"""``Library``: the interface that the app searches, for local and served collections."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from twinlens.types import Hit

THUMBNAIL_PX = 480  # sharp at a quarter of a wide page


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
    """

    place: str
    num_images: int
    num_captions: int
    model: str
    fingerprint: str
    is_complete: bool = True


@dataclass(frozen=True, slots=True)
class Found:
    """The result of a search, ready to show.

    Attributes:
        hits: the matches, or the closest if nothing matches.
        is_match: False if they are only the closest, or nothing was found.
        num_matches: total number of matches; None if the model is not calibrated.
        num_candidates: number of photos or captions ranked.
        took_ms: including embedding of the query.
        query_read: the part of the query that the model reads; None if it reads all of it.
    """

    hits: Sequence[Hit]
    is_match: bool
    num_matches: int | None
    num_candidates: int
    took_ms: float
    query_read: str | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """Options of a search.

    Attributes:
        k: number of hits.
        show_all: include hits that do not match.
        filters: values by filter name.
    """

    k: int = 10
    show_all: bool = False
    filters: Mapping[str, Any] = field(default_factory=dict)


class Library(Protocol):
    """Searchable photos and captions; may be shared between sessions."""

    def card(self) -> LibraryCard:
        """Current facts about the library."""

    def by_words(self, words: str, wanted: Wanted) -> Found:
        """Photos that fit a text, or a weighted sum of texts."""

    def by_picture(self, picture: bytes, wanted: Wanted) -> Found:
        """Photos that look like an uploaded picture."""

    def captions_of(self, picture: bytes, wanted: Wanted) -> Found:
        """The library's captions that fit an uploaded picture."""

    def thumbnail(self, photo_id: str) -> bytes:
        """An upright JPEG of a photo, with its longer side at most ``THUMBNAIL_PX`` pixels."""
