"""A library behind a running server, searched by its REST calls."""

import threading
from collections import OrderedDict
from pathlib import Path
from typing import Any
from urllib.parse import quote

from twinlens.apps.library import THUMBNAIL_PX, Found, LibraryCard
from twinlens.apps.rest_client import RestClient
from twinlens.errors import CollectionError
from twinlens.types import Hit

KEPT_THUMBNAILS = 500  # ~15 MB; a page drawn again does not ask again


class ServedLibrary:
    """Searches what ``twinlens serve`` serves.

    Args:
        client: of the server.
    """

    def __init__(self, client: RestClient) -> None:
        self._client = client
        self._thumbnails: OrderedDict[str, bytes] = OrderedDict()
        self._guard = threading.Lock()

    def card(self) -> LibraryCard:
        """What the server has now.

        Raises:
            CollectionError: no server of ours answers.
        """
        stats = self._client.get("/api/stats")
        try:
            return LibraryCard(
                place=self._client.url,
                num_images=int(stats["num_images"]),
                num_captions=int(stats["num_captions"]),
                model=str(stats["model"]),
                fingerprint=str(stats["model_fingerprint"]),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise self._unknown_answer(error) from error

    def by_words(self, words: str, *, k: int) -> Found:
        """Photos that fit words, or a weighted sum of words.

        Raises:
            QueryError: the server refuses the query.
            CollectionError: no server of ours answers.
        """
        return self._found(self._client.post("/api/search/text", {"query": words, "top_k": k}))

    def by_picture(self, picture: bytes, *, k: int) -> Found:
        """Photos that look like a picture; errors as ``by_words``."""
        return self._found(self._client.post_picture("/api/search/image", picture, {"top_k": str(k)}))

    def captions_of(self, picture: bytes, *, k: int) -> Found:
        """Captions that fit a picture; errors as ``by_words``."""
        return self._found(self._client.post_picture("/api/search/captions", picture, {"top_k": str(k)}))

    def thumbnail(self, photo_id: str) -> bytes:
        """A JPEG of one of its photos; errors as ``by_words``."""
        with self._guard:
            if (kept := self._thumbnails.get(photo_id)) is not None:
                self._thumbnails.move_to_end(photo_id)
                return kept
        data = self._client.get_bytes(f"/api/image/{quote(photo_id, safe='')}/thumbnail?size={THUMBNAIL_PX}")
        with self._guard:
            self._thumbnails[photo_id] = data
            while len(self._thumbnails) > KEPT_THUMBNAILS:
                self._thumbnails.popitem(last=False)
        return data

    def _found(self, answer: dict[str, Any]) -> Found:
        try:
            hits = [_hit(result) for result in answer["results"]]
            return Found(hits, int(answer["num_candidates"]), float(answer["took_ms"]), answer.get("query_read"))
        except (KeyError, TypeError, ValueError) as error:
            raise self._unknown_answer(error) from error

    def _unknown_answer(self, error: Exception) -> CollectionError:
        return CollectionError(
            f"the answer of {self._client.url} is not as this release knows it ({type(error).__name__}: {error}); "
            "use the same release of twinlens on both sides"
        )


def _hit(result: dict[str, Any]) -> Hit:
    chance, relevant = result["probability"], result["relevant"]
    return Hit(
        rank=int(result["rank"]),
        id=str(result["image_id"]),
        path=Path(str(result["image_path"])),
        score=float(result["score"]),
        probability=None if chance is None else float(chance),
        caption=result.get("caption"),
        relevant=None if relevant is None else bool(relevant),
    )
