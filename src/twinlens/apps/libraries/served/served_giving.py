"""``Giving`` through the REST API of a server."""

from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import quote, urlencode

from twinlens.api.searching import Answer
from twinlens.apps.libraries.giving import AlbumCard
from twinlens.apps.libraries.served.rest_client import RestClient
from twinlens.types import Grade


class ServedGiving:
    """Changes what a server's library knows; a key needs the scope for it.

    Args:
        client: client for the server.
        answered: makes an ``Answer`` of the server's answer with the photos of an album.
    """

    def __init__(self, client: RestClient, answered: Callable[[str, int, int, dict[str, Any]], Answer]) -> None:
        self._client, self._answered = client, answered

    def tags(self) -> dict[str, int]:
        """See ``Giving``, as for all methods."""
        return {str(one["tag"]): int(one["photos"]) for one in self._client.get("/api/tags")["tags"]}

    def tag(self, photo_ids: Sequence[str], tags: Sequence[str], *, is_tagged: bool = True) -> int:
        """Gives tags to photos, or takes them away."""
        return self._changed("/api/tags", image_ids=list(photo_ids), tags=list(tags), is_tagged=is_tagged)

    def suggested_tags(self, photo_id: str) -> list[tuple[str, Grade]]:
        """Tags that fit a photo."""
        found = self._client.get(f"/api/image/{quote(photo_id, safe='')}/tags")
        return [(str(one["tag"]), one["grade"]) for one in found["suggested"]]

    def rename_tag(self, tag: str, name: str, *, merge: bool = False) -> int:
        """Writes a tag in another way."""
        return self._changed("/api/tags/rename", tag=tag, name=name, merge=merge)

    def caption(self, photo_id: str, caption: str, *, instead_of: str | None = None) -> list[str]:
        """Gives a photo a caption."""
        return self._captions(image_id=photo_id, caption=caption, instead_of=instead_of)

    def uncaption(self, photo_id: str, caption: str) -> list[str]:
        """Takes a caption from a photo."""
        return self._captions(image_id=photo_id, caption=caption, is_there=False)

    def rate(self, photo_ids: Sequence[str], stars: int) -> int:
        """Gives photos stars."""
        return self._changed("/api/ratings", image_ids=list(photo_ids), stars=stars)

    def mark(self, photo_ids: Sequence[str], *, is_favourite: bool = True) -> int:
        """Marks photos as favourites, or removes the marks."""
        return self._changed("/api/favourites", image_ids=list(photo_ids), is_favourite=is_favourite)

    def feedback(self, words: str, *, good: Sequence[str] = (), bad: Sequence[str] = ()) -> int:
        """Says which photos fit words."""
        return self._changed("/api/feedback", query=words, good=list(good), bad=list(bad))

    def forget_feedback(self, words: str, photo_ids: Sequence[str] = ()) -> int:
        """Forgets what was said."""
        return self._changed("/api/feedback", query=words, good=list(photo_ids), forget=True)

    def albums(self) -> list[AlbumCard]:
        """All albums by name."""
        found = self._client.get("/api/albums")["albums"]
        return [AlbumCard(str(one["name"]), one["query"] or "", one["photos"]) for one in found]

    def album(self, name: str, *, k: int, offset: int = 0) -> Answer:
        """The photos of an album."""
        asked = urlencode({"name": name, "top_k": k, "offset": offset})
        return self._answered(name, k, offset, self._client.get(f"/api/albums/photos?{asked}"))

    def put(self, name: str, photo_ids: Sequence[str], *, is_in: bool = True) -> int:
        """Puts photos into an album, or takes them out."""
        return self._changed("/api/albums", name=name, image_ids=list(photo_ids), is_in=is_in)

    def put_first(self, name: str, photo_ids: Sequence[str]) -> None:
        """Puts photos of an album first."""
        self._client.post("/api/albums/order", {"name": name, "image_ids": list(photo_ids)})

    def save_search(self, name: str, words: str) -> None:
        """Saves a search as a live album."""
        self._client.post("/api/albums/saved", {"name": name, "query": words})

    def rename_album(self, name: str, new: str) -> None:
        """Gives an album another name."""
        self._client.post("/api/albums/rename", {"name": name, "new_name": new})

    def delete_album(self, name: str) -> None:
        """Deletes an album."""
        self._client.delete(f"/api/albums?{urlencode({'name': name})}")

    def _captions(self, **body: Any) -> list[str]:
        return [str(one) for one in self._client.post("/api/captions", body)["captions"]]

    def _changed(self, path: str, **body: Any) -> int:
        return int(self._client.post(path, body)["changed"])
