"""``Giving``: the interface by which the app gives tags, captions, stars, marks, albums and opinions to photos."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from twinlens.api.searching import Answer
from twinlens.types import Grade


@dataclass(frozen=True, slots=True)
class AlbumCard:
    """An album.

    Attributes:
        name: of it.
        query: of a live album, whose photos a search finds; empty for others.
        num_photos: that people have put into it; None for a live album.
    """

    name: str
    query: str = ""
    num_photos: int | None = None


class Giving(Protocol):
    """Changes what people have given to the photos of a library; photo files stay as they are.

    Every method that takes photos changes all of them, or none and raises ``QueryError``; where the
    library cannot be written, they raise ``CollectionError``.
    """

    def tags(self) -> dict[str, int]:
        """How many photos have each tag, by name."""

    def tag(self, photo_ids: Sequence[str], tags: Sequence[str], *, is_tagged: bool = True) -> int:
        """Gives tags to photos, or takes them away; returns how many photos have changed."""

    def suggested_tags(self, photo_id: str) -> list[tuple[str, Grade]]:
        """Tags of a built-in list that fit a photo and that it does not have, best first."""

    def rename_tag(self, tag: str, name: str, *, merge: bool = False) -> int:
        """Writes a tag in another way on all photos, or makes two tags one; returns how many photos had it."""

    def caption(self, photo_id: str, caption: str, *, instead_of: str | None = None) -> list[str]:
        """Gives a photo a caption, in the place of another one if that is named; returns all that it has."""

    def uncaption(self, photo_id: str, caption: str) -> list[str]:
        """Takes a caption from a photo; returns those that are left."""

    def rate(self, photo_ids: Sequence[str], stars: int) -> int:
        """Gives photos 1 to 5 stars, or takes them away with 0; returns how many photos have changed."""

    def mark(self, photo_ids: Sequence[str], *, is_favourite: bool = True) -> int:
        """Marks photos as favourites, or removes the marks; returns how many photos have changed."""

    def feedback(self, words: str, *, good: Sequence[str] = (), bad: Sequence[str] = ()) -> int:
        """Says which photos fit words and which do not; returns how many opinions have changed."""

    def forget_feedback(self, words: str, photo_ids: Sequence[str] = ()) -> int:
        """Forgets what was said of photos for words, of all photos if none is named; returns how many opinions."""

    def albums(self) -> list[AlbumCard]:
        """All albums by name."""

    def album(self, name: str, *, k: int, offset: int = 0) -> Answer:
        """The photos of an album: in its order, or as its search finds them."""

    def put(self, name: str, photo_ids: Sequence[str], *, is_in: bool = True) -> int:
        """Puts photos into an album, which is made if it is new, or takes them out; returns how many it changed."""

    def put_first(self, name: str, photo_ids: Sequence[str]) -> None:
        """Puts photos of an album first, in this order; the others follow as before."""

    def save_search(self, name: str, words: str) -> None:
        """Saves a search as a live album, or changes the search of one."""

    def rename_album(self, name: str, new: str) -> None:
        """Gives an album another name."""

    def delete_album(self, name: str) -> None:
        """Deletes an album, and no photo."""
