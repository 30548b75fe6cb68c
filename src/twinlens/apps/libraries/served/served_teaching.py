"""``Teaching`` through the REST API of a server."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any

from twinlens.api.photos.teaching import Said
from twinlens.apps.libraries.served.rest_client import RestClient
from twinlens.apps.libraries.teaching import Lesson

LESSON_S = 600.0  # a lesson on a large library, after others that wait


class ServedTeaching:
    """Teaches a server's library; a key needs the scope for it.

    Args:
        client: client for the server.
        known_format: raises ``CollectionError`` for an answer of an unknown format.
    """

    def __init__(self, client: RestClient, known_format: Callable[[], AbstractContextManager[None]]) -> None:
        self._client, self._known_format = client, known_format

    def said(self) -> list[Said]:
        """See ``Teaching``, as for all methods."""
        answer = self._client.get("/api/feedback")
        with self._known_format():
            return [_said(one) for one in answer["feedback"]]

    def teach_word(self, word: str, photo_ids: Sequence[str] | None = None, *, bad: Sequence[str] = ()) -> Said:
        """Teaches a word by photos."""
        ids = None if photo_ids is None else list(photo_ids)
        answer = self._client.post("/api/teach", {"word": word, "image_ids": ids, "not_image_ids": list(bad)})
        with self._known_format():
            return _said(answer["word"])

    def forget_word(self, word: str) -> bool:
        """Forgets a word."""
        return bool(self._client.post("/api/teach", {"word": word, "undo": True})["undone"])

    def learn(self) -> Lesson:
        """Learns from all captions and opinions."""
        answer = self._client.post("/api/teach", {}, timeout_s=LESSON_S)
        with self._known_format():
            return Lesson.of(answer["lesson"], str(answer["told"]))

    def has_lesson(self) -> bool:
        """Whether there is a lesson that can be undone; an older server does not tell, and may have one."""
        return bool(self._client.get("/api/feedback").get("has_lesson", True))

    def undo(self) -> bool:
        """Takes back the last lesson."""
        return bool(self._client.post("/api/teach", {"undo": True})["undone"])


def _said(told: Mapping[str, Any]) -> Said:
    good, bad = (tuple(str(one) for one in told[name]) for name in ("good", "bad"))
    return Said(str(told["kind"]), str(told["subject"]), good, bad, str(told["given_at"]))
