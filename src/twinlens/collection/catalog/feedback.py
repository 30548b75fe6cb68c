"""Which photos people called right or wrong for a query, and those that show a word of their own."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

from twinlens.collection.catalog.rows import id_array
from twinlens.types import Ids

if TYPE_CHECKING:
    from twinlens.collection.catalog.database import Database

FEEDBACK = "feedback"  # the table; missing in a read-only catalog of an older release
LESSONS = "lessons"  # the same


class Opinion(NamedTuple):
    """What was said of one photo.

    Attributes:
        subject: what it was said about, see ``teaching.subjects``.
        is_good: whether the photo fits it.
        folder_id: of the photo.
        path: of the photo.
        given_at: when, in UTC.
    """

    subject: str
    is_good: bool
    folder_id: int
    path: str
    given_at: str


class Lesson(NamedTuple):
    """What was learnt for one model.

    Attributes:
        model: fingerprint.
        learnt_at: when, in UTC.
        figures: JSON, what it was worth.
        weights: of the head.
    """

    model: str
    learnt_at: str
    figures: str
    weights: bytes


class FeedbackTable:
    """Reads and writes feedback and lessons. They change no vectors, so the catalog's generation stays the same."""

    def __init__(self, database: "Database") -> None:
        self._database = database

    def is_empty(self) -> bool:
        """True if there is none, or no table for it (a read-only catalog of an older release)."""
        return not self._has(FEEDBACK) or not self._database.rows("SELECT 1 FROM feedback LIMIT 1")

    def state(self) -> tuple[int, int]:
        """Changes with every opinion: how many there are, and how many were ever given; for caches."""
        if not self._has(FEEDBACK):
            return 0, 0
        count, last = self._database.rows("SELECT count(*), coalesce(max(id), 0) FROM feedback")[0]
        return int(count), int(last)

    def put(self, subject: str, *, good: Iterable[int] = (), bad: Iterable[int] = ()) -> int:
        """Records opinions, all or none; a new one replaces that of the same photo. Returns how many changed."""
        rows = [(photo_id, subject, int(is_good)) for ids, is_good in ((good, True), (bad, False)) for photo_id in ids]
        changed = 0
        with self._database.transaction() as connection:
            for row in rows:
                known = connection.execute(
                    "SELECT 1 FROM feedback WHERE photo_id = ? AND subject = ? AND is_good = ?", row
                )
                if known.fetchone() is None:
                    connection.execute(
                        "INSERT OR REPLACE INTO feedback (photo_id, subject, is_good) VALUES (?, ?, ?)", row
                    )
                    changed += 1
        return changed

    def of(self, subject: str) -> tuple[Ids, Ids]:
        """Searchable photos that were called good and bad, by id, ascending."""
        if not self._has(FEEDBACK):
            return id_array([]), id_array([])
        rows = self._database.rows(
            "SELECT photo_id, is_good FROM feedback JOIN photos ON photos.id = photo_id "
            "WHERE subject = ? AND skip_reason IS NULL ORDER BY photo_id",
            (subject,),
        )
        return id_array([row for row in rows if row[1]]), id_array([row for row in rows if not row[1]])

    def subjects(self) -> list[str]:
        """Everything that something was said about."""
        if not self._has(FEEDBACK):
            return []
        return [subject for (subject,) in self._database.rows("SELECT DISTINCT subject FROM feedback ORDER BY 1")]

    def all(self) -> list[Opinion]:
        """All opinions on searchable photos, by subject and photo."""
        if not self._has(FEEDBACK):
            return []
        rows = self._database.rows(
            "SELECT subject, is_good, folder_id, path, given_at FROM feedback JOIN photos ON photos.id = photo_id "
            "WHERE skip_reason IS NULL ORDER BY subject, is_good DESC, folder_id, path"
        )
        return [Opinion(subject, bool(is_good), *place) for subject, is_good, *place in rows]

    def forget(self, subject: str, photo_ids: Iterable[int] | None = None) -> int:
        """Forgets what was said about something, of all photos or of some; returns of how many."""
        with self._database.transaction() as connection:
            if photo_ids is None:
                return connection.execute("DELETE FROM feedback WHERE subject = ?", (subject,)).rowcount
            one = "DELETE FROM feedback WHERE subject = ? AND photo_id = ?"
            return sum(connection.execute(one, (subject, photo_id)).rowcount for photo_id in photo_ids)

    def lesson(self) -> Lesson | None:
        """The last lesson; None if there is none."""
        if not self._has(LESSONS):
            return None
        rows = self._database.rows("SELECT model, learnt_at, figures, weights FROM lessons ORDER BY id DESC LIMIT 1")
        return Lesson(*rows[0]) if rows else None

    def lesson_state(self) -> int:
        """Changes with every lesson; 0 if there is none."""
        if not self._has(LESSONS):
            return 0
        return int(self._database.rows("SELECT coalesce(max(id), 0) FROM lessons")[0][0])

    def put_lesson(self, model: str, figures: str, weights: bytes) -> None:
        """Adds a lesson; the one before it is there again when this one is undone."""
        with self._database.transaction() as connection:
            connection.execute(
                "DELETE FROM lessons WHERE id NOT IN (SELECT id FROM lessons ORDER BY id DESC LIMIT 1)"
            )  # one step back is kept
            connection.execute(
                "INSERT INTO lessons (model, figures, weights) VALUES (?, ?, ?)", (model, figures, weights)
            )

    def undo_lesson(self) -> bool:
        """Removes the last lesson; returns whether there was one."""
        with self._database.transaction() as connection:
            last = "DELETE FROM lessons WHERE id = (SELECT max(id) FROM lessons)"
            return connection.execute(last).rowcount > 0

    def _has(self, table: str) -> bool:
        return self._database.has_table(table)
