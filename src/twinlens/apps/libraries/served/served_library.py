"""A ``Library`` on a running server, searched through its REST API."""

import json
import math
import threading
import time
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import fields, replace
from types import MappingProxyType
from typing import Any
from urllib.parse import quote, urlencode

from twinlens.api.filters import Filters
from twinlens.api.library import PlacesMap, View
from twinlens.api.photos.describing import ENGLISH, Language
from twinlens.api.searching import Answer, Query, Search, Term, words_query
from twinlens.apps.libraries.library import (
    EVERYTHING,
    THUMBNAIL_PX,
    UPLOADED,
    AskedPicture,
    LibraryCard,
    PhotoFacts,
    SearchOptions,
    listing,
)
from twinlens.apps.libraries.served.rest_client import RestClient
from twinlens.apps.libraries.served.served_answer import read_answer
from twinlens.apps.libraries.served.served_duplicates import ServedDuplicates
from twinlens.apps.libraries.served.served_giving import ServedGiving
from twinlens.apps.libraries.served.served_places import read_places
from twinlens.apps.libraries.served.served_teaching import ServedTeaching
from twinlens.errors import CollectionError, QueryError

KEPT_S = 60.0
KEPT_THUMBNAILS = 500  # ~15 MB; a redraw of the page needs no new requests


class ServedLibrary:
    """Searches the collection of a ``twinlens serve``.

    Args:
        client: client for the server.
    """

    def __init__(self, client: RestClient) -> None:
        self._client = client
        self.giving = ServedGiving(client, self._album)
        self.teaching = ServedTeaching(client, self._known_format)
        self.duplicates = ServedDuplicates(client, self._known_format)
        self._thumbnails: OrderedDict[tuple[str, str], bytes] = OrderedDict()
        self._kept: dict[str, tuple[float, dict[str, Any]]] = {}
        self._guard = threading.Lock()

    def card(self) -> LibraryCard:
        """Current facts about the server's library.

        Raises:
            CollectionError: no twinlens server answers.
        """
        stats = self._client.get("/api/stats")
        with self._known_format():
            return LibraryCard(
                place=self._client.url,
                num_images=int(stats["num_images"]),
                num_captions=int(stats["num_captions"]),
                model=str(stats["model"]),
                fingerprint=str(stats["model_fingerprint"]),
            )

    def by_words(self, words: str, options: SearchOptions) -> Answer:
        """Photos that fit a text, or a weighted sum of texts.

        Raises:
            QueryError: the query or a filter is invalid.
            CollectionError: no twinlens server answers.
        """
        search = options.search(words_query(words))
        body = {"query": words, **_fields(search)}
        return self._answer(search, self._client.post("/api/search/text", body))

    def by_pictures(self, pictures: Sequence[AskedPicture], options: SearchOptions, words: str = "") -> Answer:
        """Photos that look like pictures, fit words, and are not like others; errors as in ``by_words``."""
        wanted = [one for one in pictures if one.is_wanted]
        if not wanted:
            raise QueryError("there is no picture to search by; give one that photos are to be like")
        terms = [Term("photo", one.photo_id or UPLOADED) for one in wanted]
        query = Query(tuple(terms), " + ".join(term.value for term in terms))
        if words.strip():
            asked = words_query(words)
            query = replace(asked, terms=(*terms, *asked.terms), text=f"{query.text} + {words}")
        search = options.search(query)
        fields = [*_form(search), *([("query", words)] if words.strip() else [])]
        for one in pictures:
            if one.photo_id:
                fields.append(("image_id" if one.is_wanted else "without_image_id", one.photo_id))
            if one.is_wanted:
                fields.append(("image_region" if one.photo_id else "region", one.region))
        uploads = [("file" if one.is_wanted else "without_file", one.data) for one in pictures if not one.photo_id]
        return self._answer(search, self._client.post_pictures("/api/search/image", uploads, fields))

    def captions_of(self, picture: bytes, options: SearchOptions) -> Answer:
        """Captions that fit a picture; errors as in ``by_words``."""
        search = options.search(Query((Term("photo", UPLOADED),), UPLOADED), "caption")
        answer = self._client.post_pictures(
            "/api/search/captions", [("file", picture)], [*_form(search), *_asked_in(options.language).items()]
        )
        return self._answer(search, answer)

    def choices(self) -> dict[str, list[str]]:
        """The folders and cameras of the server's library."""
        told = self._lately("/api/collection")
        with self._known_format():
            return {kind: [str(one["name"]) for one in told[f"{kind}s"]] for kind in ("folder", "camera")}

    def browse(self, options: SearchOptions) -> Answer:
        """Photos without a query; errors as in ``by_words``."""
        page = {"sort": options.sort, "top_k": options.k, "offset": options.offset}
        answer = self._client.get(f"/api/photos?{_parameters(options, page)}")
        with self._known_format():
            return listing([_listed(one) for one in answer["results"]], int(answer["num_candidates"]), options)

    def months(self, options: SearchOptions) -> list[tuple[str | None, int]]:
        """How many photos are from each month; errors as in ``by_words``."""
        answer = self._client.get(f"/api/months?{_parameters(options)}")
        with self._known_format():
            undated = int(answer["num_undated"])
            found = [(str(one["month"]), int(one["images"])) for one in answer["months"]]
            return [*found, *([(None, undated)] if undated else [])]

    def places(self, view: View, options: SearchOptions, words: str = "") -> PlacesMap:
        """Where photos were taken; errors as in ``by_words``."""
        seen = {"box": str(view.area), "zoom": view.zoom, "query": words}
        answer = self._client.get(f"/api/places/map?{_parameters(options, seen)}")
        with self._known_format():
            return read_places(answer)

    def examples(self) -> list[str]:
        """Queries that this library answers; the server keeps them."""
        with self._known_format():
            return [str(one["query"]) for one in self._lately("/api/suggest")["suggestions"]]

    def photo(self, photo_id: str) -> PhotoFacts:
        """What is known about a photo; errors as in ``by_words``."""
        told = self._client.get(f"/api/photo/{quote(photo_id, safe='')}")
        known = {one.name for one in fields(PhotoFacts)} - {"id"}
        values: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value for name, value in told.items()
        }
        return PhotoFacts(photo_id, **{name: value for name, value in values.items() if name in known})

    def described(self, photo_id: str, language: Language = ENGLISH) -> Answer:
        """What a photo shows, in everyday descriptions; errors as in ``by_words``."""
        search = SearchOptions(k=5).search(Query((Term("photo", photo_id),), photo_id), "caption")
        body = {"image_id": photo_id, "top_k": 5, "built_in": True, **_asked_in(language)}
        return self._answer(search, self._client.post("/api/search/captions", body))

    def thumbnail(self, photo_id: str, *, side: int = THUMBNAIL_PX, at_s: float | None = None) -> bytes:
        """A JPEG of a photo, or of a video at a time; errors as in ``by_words``."""
        asked = f"size={side}" if at_s is None else f"size={side}&at={at_s:g}"
        with self._guard:
            if (kept := self._thumbnails.get((photo_id, asked))) is not None:
                self._thumbnails.move_to_end((photo_id, asked))
                return kept
        data = self._client.get_bytes(f"/api/image/{quote(photo_id, safe='')}/thumbnail?{asked}")
        with self._guard:
            self._thumbnails[photo_id, asked] = data
            while len(self._thumbnails) > KEPT_THUMBNAILS:
                self._thumbnails.popitem(last=False)
        return data

    def why(self, photo_id: str, words: str) -> bytes:
        """A PNG of a photo, darkened where the words do not match it; errors as in ``by_words``."""
        return self._client.post_for_png("/api/explain", {"query": words, "image_id": photo_id})

    def archive(self, photo_ids: Sequence[str]) -> bytes:
        """A zip of photo files; errors as in ``by_words``."""
        return self._client.post_for_bytes("/api/archive", {"image_ids": list(photo_ids)})

    def _lately(self, path: str) -> dict[str, Any]:
        """An answer that may be a minute old: each click draws the page anew."""
        with self._guard:
            at, kept = self._kept.get(path, (-math.inf, {}))
        if time.monotonic() - at > KEPT_S:
            kept = self._client.get(path)
            with self._guard:
                self._kept[path] = (time.monotonic(), kept)
        return kept

    def _answer(self, search: Search, answer: dict[str, Any]) -> Answer:
        with self._known_format():
            return read_answer(search, answer)

    def _album(self, name: str, k: int, offset: int, answer: dict[str, Any]) -> Answer:
        options = SearchOptions(k, show_all=True, filters={"album": name}, all_copies=True, offset=offset)
        return self._answer(options.search(EVERYTHING), answer)

    @contextmanager
    def _known_format(self) -> Iterator[None]:
        try:
            yield
        except (KeyError, TypeError, ValueError) as error:
            raise CollectionError(
                f"the answer of {self._client.url} has an unknown format ({type(error).__name__}: {error}); "
                "use the same release of twinlens on both sides"
            ) from error


def _parameters(options: SearchOptions, others: Mapping[str, Any] = MappingProxyType({})) -> str:
    """The filters of a search, and other fields, as URL parameters."""
    asked = {**others, **Filters(**options.filters)}
    return urlencode({name: json.dumps(value) if isinstance(value, bool) else value for name, value in asked.items()})


def _asked_in(language: Language) -> dict[str, str]:
    """The field for a language; servers of older releases know English only, and no such field."""
    return {} if language == ENGLISH else {"language": language}


def _listed(photo: dict[str, Any]) -> dict[str, Any]:
    names = ("width", "height", "taken_at", "date_source", "is_favourite")
    told = {name: photo.get(name) for name in names}
    said = {"own_caption": photo.get("caption"), "place": photo.get("place")}
    return {**told, **said, "id": photo["image_id"], "is_missing": bool(photo.get("missing"))}


def _form(search: Search) -> list[tuple[str, str]]:
    """The same for a form, where everything is text."""
    return [(name, value if isinstance(value, str) else json.dumps(value)) for name, value in _fields(search).items()]


def _fields(search: Search) -> dict[str, Any]:
    """The fields of a call for a search; a server of an older release knows no others than it needs."""
    fields: dict[str, Any] = {"top_k": search.page.k, **search.filters}
    fields |= {"offset": search.page.offset} if search.page.offset else {}
    if search.target == "image":
        fields |= {"group": search.group}
        fields |= {"sort": search.page.sort} if search.page.sort != "relevance" else {}
        fields |= {"min_grade": search.min_grade} if search.min_grade else {}
        fields |= {"explain": True} if search.explain else {}
    return fields
