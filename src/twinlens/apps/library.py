"""Library: photos that the app searches, whether they lie here or behind a server."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from twinlens.types import Hit

THUMBNAIL_PX = 480  # sharp in a quarter of a wide page


@dataclass(frozen=True, slots=True)
class LibraryCard:
    """What the side of the page says of a library.

    Attributes:
        place: folder, or address of the server.
        num_images: that can be found.
        num_captions: likewise.
        model: its name.
        fingerprint: of the model.
        is_complete: False until the photos were all looked at once.
    """

    place: str
    num_images: int
    num_captions: int
    model: str
    fingerprint: str
    is_complete: bool = True


@dataclass(frozen=True, slots=True)
class Found:
    """What is shown of a search.

    Attributes:
        hits: those that match; where none does, the closest.
        is_match: False where they are only the closest, or nothing was found.
        num_matches: how many there are in all; None where the model cannot tell.
        num_candidates: photos, or captions, that were ranked.
        took_ms: embedding the query included.
        query_read: what the model reads of words too long for it; None when it reads all.
    """

    hits: Sequence[Hit]
    is_match: bool
    num_matches: int | None
    num_candidates: int
    took_ms: float
    query_read: str | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is wanted of a search besides its query.

    Attributes:
        k: number of hits.
        show_all: also those that do not match.
        filters: values by filter name.
    """

    k: int = 10
    show_all: bool = False
    filters: Mapping[str, Any] = field(default_factory=dict)


class Library(Protocol):
    """Photos and captions that can be found; may be used by several sessions at once."""

    def card(self) -> LibraryCard:
        """What it holds now."""

    def by_words(self, words: str, wanted: Wanted) -> Found:
        """Photos that fit words, or a weighted sum of words."""

    def by_picture(self, picture: bytes, wanted: Wanted) -> Found:
        """Photos that look like a picture that was uploaded."""

    def captions_of(self, picture: bytes, wanted: Wanted) -> Found:
        """Known captions that fit a picture that was uploaded."""

    def thumbnail(self, photo_id: str) -> bytes:
        """A JPEG of one of its photos, upright, of at most ``THUMBNAIL_PX`` pixels a side."""
