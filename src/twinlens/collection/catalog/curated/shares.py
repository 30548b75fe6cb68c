"""Shares: what other people may see by a link, with a hash of the link's key."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from twinlens.collection.catalog.database import Database

SHARES = "shares"  # the table; missing in a read-only catalog of an older release
MOST_SHARES = 10_000
CONTENT_LETTERS = 16  # of a hash: enough to tell pictures of one library apart
_COLUMNS = "SELECT id, heading, digest, shows, with_originals, made_at, expires_at, revoked_at, opened FROM shares"


@dataclass(frozen=True, slots=True)
class Shown:
    """What a share shows: one of photos, a search, an album.

    Attributes:
        photos: the catalog's keys of photos; None for another kind.
        contents: of each of them, what was in its file then: another picture that takes its place is not shown.
        query: words of a search; "" with filters alone; None for another kind.
        filters: of the search, by name.
        sort: of the search.
        album: the catalog's key of an album; None for another kind.
    """

    photos: tuple[int, ...] | None = None
    contents: tuple[str, ...] | None = None
    query: str | None = None
    filters: dict[str, Any] = field(default_factory=dict)
    sort: str = "relevance"
    album: int | None = None


@dataclass(frozen=True, slots=True)
class Share:
    """A share.

    Attributes:
        number: the catalog's own key, which the link's key begins with.
        heading: that its page shows; may be empty.
        digest: SHA-256 of the link's key.
        shows: what can be seen.
        with_originals: whether the photos' files may be downloaded.
        made_at: when, in UTC, as 2026-11-29T10:00:00.
        expires_at: the same; None = never.
        revoked_at: the same; None = it was not.
        opened: how many times its page was opened.
    """

    number: int
    heading: str
    digest: bytes = field(repr=False)
    shows: Shown
    with_originals: bool
    made_at: str
    expires_at: str | None
    revoked_at: str | None
    opened: int


class ShareTable:
    """Reads and writes the shares in a catalog; they change nothing of its photos, so its generation stays the same."""

    def __init__(self, database: "Database") -> None:
        self._database = database

    def are_known(self) -> bool:
        """False for a read-only catalog of an older release, which has no table for them."""
        return self._database.has_table(SHARES)

    def all(self) -> list[Share]:
        """All shares, the newest first."""
        rows = self._database.rows(f"{_COLUMNS} ORDER BY id DESC") if self.are_known() else []
        return [_share(*row) for row in rows]

    def find(self, number: int) -> Share | None:
        """The share with a number; None if there is none."""
        rows = self._database.rows(f"{_COLUMNS} WHERE id = ?", (number,)) if self.are_known() else []
        return _share(*rows[0]) if rows else None

    def contents(self, photos: Sequence[int]) -> list[str]:
        """What is in the files of photos now; empty for one that is gone."""
        found: dict[int, str] = {}
        for start in range(0, len(photos), 500):
            part = photos[start : start + 500]
            marks = ", ".join("?" * len(part))
            rows = self._database.rows(f"SELECT id, hex(content_hash) FROM photos WHERE id IN ({marks})", part)
            found |= {number: content[:CONTENT_LETTERS] for number, content in rows}
        return [found.get(number, "") for number in photos]

    def add(self, heading: str, shows: Shown, *, with_originals: bool, made_at: str, expires_at: str | None) -> int:
        """Adds a share, whose key fits nothing until it is told; returns its number."""
        told = {key: value for key in Shown.__slots__ if (value := getattr(shows, key)) not in (None, {})}
        row = (heading, b"", json.dumps(told, ensure_ascii=False), int(with_originals), made_at, expires_at)
        put = (
            "INSERT INTO shares (heading, digest, shows, with_originals, made_at, expires_at) "
            "VALUES (?, ?, ?, ?, ?, ?) RETURNING id"
        )
        with self._database.transaction() as connection:
            return int(connection.execute(put, row).fetchone()[0])

    def set_digest(self, number: int, digest: bytes) -> None:
        """Sets the hash of a share's key."""
        with self._database.transaction() as connection:
            connection.execute("UPDATE shares SET digest = ? WHERE id = ?", (digest, number))

    def revoke(self, number: int, *, at: str) -> None:
        """Ends a share; one that was revoked before stays as it is."""
        with self._database.transaction() as connection:
            connection.execute("UPDATE shares SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL", (at, number))

    def note_opened(self, number: int) -> None:
        """Counts one more time that a share was opened."""
        with self._database.transaction() as connection:
            connection.execute("UPDATE shares SET opened = opened + 1 WHERE id = ?", (number,))

    def count(self) -> int:
        """How many shares there are, those that have ended too."""
        return int(self._database.rows("SELECT count(*) FROM shares")[0][0])

    def delete_ended(self, *, before: str) -> None:
        """Forgets the shares that expired or were revoked before a time."""
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM shares WHERE expires_at < ? OR revoked_at < ?", (before, before))

    def delete_all(self) -> None:
        """Forgets all shares."""
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM shares")


def _share(number: int, heading: str, digest: bytes, shows: str, with_originals: int, *rest: Any) -> Share:
    told = json.loads(shows)
    told |= {name: tuple(told[name]) for name in ("photos", "contents") if name in told}
    return Share(number, heading, digest, Shown(**told), bool(with_originals), *rest)
