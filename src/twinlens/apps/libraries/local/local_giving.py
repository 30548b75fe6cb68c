"""``Giving`` for an open collection."""

from collections.abc import Callable, Sequence
from typing import Any

from twinlens.api.library import Collection
from twinlens.api.searching import Answer, words_query
from twinlens.apps.libraries.giving import AlbumCard
from twinlens.types import Grade


class LocalGiving:
    """Changes the catalog of a collection.

    Args:
        collection: the collection.
        run: calls a function with arguments in a thread that may use the collection.
    """

    def __init__(self, collection: Collection, run: Callable[..., Any]) -> None:
        self._collection, self._run = collection, run

    def tags(self) -> dict[str, int]:
        """See ``Giving``, as for all methods."""
        return dict(self._run(self._collection.tags.all))

    def tag(self, photo_ids: Sequence[str], tags: Sequence[str], *, is_tagged: bool = True) -> int:
        """Gives tags to photos, or takes them away."""
        own = self._collection.tags
        return int(self._run(own.add if is_tagged else own.remove, tags, photo_ids))

    def suggested_tags(self, photo_id: str) -> list[tuple[str, Grade]]:
        """Tags that fit a photo."""
        found = self._run(lambda: list(self._collection.suggest_tags([photo_id])))
        return [(one.tag, one.grade) for photo in found for one in photo.tags]

    def rename_tag(self, tag: str, name: str, *, merge: bool = False) -> int:
        """Writes a tag in another way."""
        return int(self._run(self._collection.tags.rename, tag, name, merge=merge))

    def caption(self, photo_id: str, caption: str, *, instead_of: str | None = None) -> list[str]:
        """Gives a photo a caption."""
        return list(self._run(self._collection.captions.add, photo_id, caption, instead_of=instead_of))

    def uncaption(self, photo_id: str, caption: str) -> list[str]:
        """Takes a caption from a photo."""
        return list(self._run(self._collection.captions.remove, photo_id, caption))

    def rate(self, photo_ids: Sequence[str], stars: int) -> int:
        """Gives photos stars."""
        return int(self._run(self._collection.ratings.rate, stars, photo_ids))

    def mark(self, photo_ids: Sequence[str], *, is_favourite: bool = True) -> int:
        """Marks photos as favourites, or removes the marks."""
        return int(self._run(self._collection.mark_favourites, photo_ids, is_favourite=is_favourite))

    def feedback(self, words: str, *, good: Sequence[str] = (), bad: Sequence[str] = ()) -> int:
        """Says which photos fit words."""
        return int(self._run(lambda: self._collection.teaching.feedback(words_query(words), good=good, bad=bad)))

    def forget_feedback(self, words: str, photo_ids: Sequence[str] = ()) -> int:
        """Forgets what was said."""
        query, photos = words_query(words), list(photo_ids) or None
        return int(self._run(lambda: self._collection.teaching.forget_feedback(query, photos)))

    def albums(self) -> list[AlbumCard]:
        """All albums by name."""
        return list(self._run(self._albums))

    def album(self, name: str, *, k: int, offset: int = 0) -> Answer:
        """The photos of an album."""
        answer: Answer = self._run(self._collection.albums.open, name, k=k, offset=offset)
        return answer

    def put(self, name: str, photo_ids: Sequence[str], *, is_in: bool = True) -> int:
        """Puts photos into an album, or takes them out."""
        own = self._collection.albums
        return int(self._run(own.add if is_in else own.remove, name, photo_ids))

    def put_first(self, name: str, photo_ids: Sequence[str]) -> None:
        """Puts photos of an album first."""
        self._run(self._collection.albums.put_first, name, photo_ids)

    def save_search(self, name: str, words: str) -> None:
        """Saves a search as a live album."""
        self._run(self._collection.albums.save, name, words_query(words))

    def rename_album(self, name: str, new: str) -> None:
        """Gives an album another name."""
        self._run(self._collection.albums.rename, name, new)

    def delete_album(self, name: str) -> None:
        """Deletes an album."""
        self._run(self._collection.albums.delete, name)

    def _albums(self) -> list[AlbumCard]:
        albums = self._collection.albums
        counts = albums.counts()
        return [AlbumCard(one.name, one.query, counts.get(one.name)) for one in albums.all()]
