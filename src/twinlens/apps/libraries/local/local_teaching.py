"""``Teaching`` for an open collection."""

from collections.abc import Callable, Sequence
from typing import Any

from twinlens.api.library import Collection
from twinlens.api.photos.teaching import LessonReport, Said
from twinlens.apps.libraries.teaching import Lesson


class LocalTeaching:
    """Teaches a collection.

    Args:
        collection: the collection.
        run: calls a function with arguments in a thread that may use the collection.
    """

    def __init__(self, collection: Collection, run: Callable[..., Any]) -> None:
        self._teaching, self._run = collection.teaching, run

    def said(self) -> list[Said]:
        """See ``Teaching``, as for all methods."""
        return list(self._run(self._teaching.said))

    def teach_word(self, word: str, photo_ids: Sequence[str] | None = None, *, bad: Sequence[str] = ()) -> Said:
        """Teaches a word by photos."""
        said: Said = self._run(self._teaching.teach_word, word, photo_ids, bad=bad)
        return said

    def forget_word(self, word: str) -> bool:
        """Forgets a word."""
        return bool(self._run(self._teaching.forget_word, word))

    def learn(self) -> Lesson:
        """Learns from all captions and opinions."""
        report: LessonReport = self._run(self._teaching.teach)
        return Lesson.of(report.to_json(), report.told())

    def has_lesson(self) -> bool:
        """Whether there is a lesson that can be undone."""
        return bool(self._run(self._teaching.has_lesson))

    def undo(self) -> bool:
        """Takes back the last lesson."""
        return bool(self._run(self._teaching.undo))
