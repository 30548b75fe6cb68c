"""``FindsDuplicates`` through the REST API of a server."""

import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from twinlens.api.photos.duplicates import DuplicateGroup, GroupedPhoto, Kind, Similar
from twinlens.apps.libraries.duplicates import DuplicatesPage, OnProgress
from twinlens.apps.libraries.served.rest_client import RestClient

AGAIN_S = 0.2  # the server itself waits a second for the search before it answers


class ServedDuplicates:
    """Asks a server, again and again while it is looking.

    Args:
        client: client for the server.
        known_format: raises ``CollectionError`` for an answer of an unknown format.
    """

    def __init__(self, client: RestClient, known_format: Callable[[], AbstractContextManager[None]]) -> None:
        self._client, self._known_format = client, known_format

    def page(
        self, kind: Kind | None = None, *, k: int, offset: int = 0, on_progress: OnProgress | None = None
    ) -> DuplicatesPage:
        """See ``FindsDuplicates``; the path of a file is its id, since servers tell no paths of their machines.

        Raises:
            QueryError, CollectionError: the server refuses, or does not answer.
        """
        asked = urlencode({"limit": k, "offset": offset, **({} if kind is None else {"kind": kind})})
        answer = self._client.get(f"/api/duplicates?{asked}")
        while answer.get("stage") == "running":
            if on_progress is not None:
                on_progress(int(answer["done"]), int(answer["total"]))
            time.sleep(AGAIN_S)
            answer = self._client.get(f"/api/duplicates?{asked}")
        with self._known_format():
            return DuplicatesPage(
                tuple(_group(one) for one in answer["groups"]),
                int(answer["num_groups"]),
                dict(answer["kinds"]),
                bool(answer["has_features"]),
                int(answer["not_compared"]),
            )


def _group(told: Mapping[str, Any]) -> DuplicateGroup:
    others = tuple(Similar(_photo(one), one["kind"], str(one["of"]), dict(one["figures"])) for one in told["others"])
    return DuplicateGroup(_photo(told["best"]), others)


def _photo(told: Mapping[str, Any]) -> GroupedPhoto:
    photo_id = str(told["image_id"])
    return GroupedPhoto(photo_id, Path(photo_id), told["size_bytes"], told["width"], told["height"])
