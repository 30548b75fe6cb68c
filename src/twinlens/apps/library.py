"""Library: photos that the app searches, whether they lie here or behind a server."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from twinlens.types import Hit

CLOSEST = 3  # shown where nothing matches
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
    """What a search found, relevant or not.

    Attributes:
        hits: best first.
        num_candidates: photos, or captions, that were ranked.
        took_ms: embedding the query included.
        query_read: what the model reads of words too long for it; None when it reads all.
    """

    hits: Sequence[Hit]
    num_candidates: int
    took_ms: float
    query_read: str | None = None


class Library(Protocol):
    """Photos and captions that can be found; may be used by several sessions at once."""

    def card(self) -> LibraryCard:
        """What it holds now."""

    def by_words(self, words: str, *, k: int) -> Found:
        """Photos that fit words, or a weighted sum of words."""

    def by_picture(self, picture: bytes, *, k: int) -> Found:
        """Photos that look like a picture that was uploaded."""

    def captions_of(self, picture: bytes, *, k: int) -> Found:
        """Known captions that fit a picture that was uploaded."""

    def thumbnail(self, photo_id: str) -> bytes:
        """A JPEG of one of its photos, upright, of at most ``THUMBNAIL_PX`` pixels a side."""


def matching(hits: Sequence[Hit], *, show_all: bool) -> tuple[Sequence[Hit], bool]:
    """The hits to show, and whether they match; where none does, the closest.

    Args:
        hits: best first.
        show_all: all of them are wanted, relevant or not.
    """
    relevant = hits if show_all else [hit for hit in hits if hit.relevant is not False]
    return (relevant, True) if relevant else (hits[:CLOSEST], False)
