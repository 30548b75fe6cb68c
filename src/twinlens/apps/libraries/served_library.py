"""A ``Library`` on a running server, searched through its REST API."""

import threading
from collections import OrderedDict
from pathlib import Path
from typing import Any
from urllib.parse import quote

from twinlens.api.filters import Filters
from twinlens.api.searching import Answer, Page, Query, Search, Target, Term, Wording, words_query
from twinlens.apps.libraries.library import THUMBNAIL_PX, UPLOADED, LibraryCard, SearchOptions
from twinlens.apps.libraries.rest_client import RestClient
from twinlens.errors import CollectionError
from twinlens.types import Hit

KEPT_THUMBNAILS = 500  # ~15 MB; a redraw of the page needs no new requests


class ServedLibrary:
    """Searches the collection of a ``twinlens serve``.

    Args:
        client: client for the server.
    """

    def __init__(self, client: RestClient) -> None:
        self._client = client
        self._thumbnails: OrderedDict[str, bytes] = OrderedDict()
        self._guard = threading.Lock()

    def card(self) -> LibraryCard:
        """Current facts about the server's library.

        Raises:
            CollectionError: no twinlens server answers.
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

    def by_words(self, words: str, options: SearchOptions) -> Answer:
        """Photos that fit a text, or a weighted sum of texts.

        Raises:
            QueryError: the query or a filter is invalid.
            CollectionError: no twinlens server answers.
        """
        search = _search(words_query(words), "image", options)
        body = {"query": words, "top_k": options.k, "group": search.group, **search.filters}
        return self._answer(search, self._client.post("/api/search/text", body))

    def by_picture(self, picture: bytes, options: SearchOptions) -> Answer:
        """Photos that look like a picture; errors as in ``by_words``."""
        return self._by_picture("/api/search/image", picture, "image", options)

    def captions_of(self, picture: bytes, options: SearchOptions) -> Answer:
        """Captions that fit a picture; errors as in ``by_words``."""
        return self._by_picture("/api/search/captions", picture, "caption", options)

    def _by_picture(self, path: str, picture: bytes, target: Target, options: SearchOptions) -> Answer:
        search = _search(Query((Term("photo", UPLOADED),), UPLOADED), target, options)
        fields = {"top_k": str(options.k)}
        if target == "image":
            fields["group"] = "true" if search.group else "false"
        fields |= {name: "true" if value is True else str(value) for name, value in search.filters.items()}
        return self._answer(search, self._client.post_picture(path, picture, fields))

    def thumbnail(self, photo_id: str) -> bytes:
        """A JPEG of a photo; errors as in ``by_words``."""
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

    def _answer(self, search: Search, answer: dict[str, Any]) -> Answer:
        try:
            return Answer(
                search,
                hits=[_hit(result) for result in answer["results"]],
                num_candidates=int(answer["num_candidates"]),
                matched=None if answer["num_matches"] is None else int(answer["num_matches"]),
                model=str(answer["model"]),
                took_ms=float(answer["took_ms"]),
                query_read=answer.get("query_read"),
                absent_folders={_start_of_ids(name, answer): str(name) for name in answer.get("missing_folders", [])},
                num_undated=answer.get("num_undated"),
                num_file_dated=answer.get("num_file_dated"),
                wording=_wording(answer),
                grades=answer.get("grades"),
                ungraded=answer.get("ungraded"),
                num_entries=answer.get("num_entries"),
                space=answer.get("space", "shared"),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise self._unknown_answer(error) from error

    def _unknown_answer(self, error: Exception) -> CollectionError:
        return CollectionError(
            f"the answer of {self._client.url} has an unknown format ({type(error).__name__}: {error}); "
            "use the same release of twinlens on both sides"
        )


def _wording(answer: dict[str, Any]) -> Wording:
    """How the words were read; a server of an older release does not tell."""
    return Wording(
        answer.get("read_as"),
        tuple(answer.get("unknown_words", ())),
        answer.get("did_you_mean"),
        bool(answer.get("no_word_known")),
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
        is_missing=bool(result.get("missing")),
        taken_at=result.get("taken_at"),
        date_source=result.get("date_source"),
        grade=result.get("grade"),
        alike=tuple(str(one) for one in result.get("alike", ())),
        num_alike=int(result.get("num_alike", 0)),
    )


def _start_of_ids(folder: str, answer: dict[str, Any]) -> str:
    """How the ids of a folder's photos begin: not with its name if the library has no other folder."""
    start = f"{folder}/"
    return start if any(str(result["image_id"]).startswith(start) for result in answer["results"]) else ""


def _search(query: Query, target: Target, options: SearchOptions) -> Search:
    filters = Filters(**options.filters)
    group = not options.all_copies
    return Search(query, filters, Page(options.k), target, show_all=options.show_all, group=group)
