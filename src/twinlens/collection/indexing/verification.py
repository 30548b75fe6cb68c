"""Reading again what seems unchanged: what was found, and where an interrupted run goes on."""

import json
import time
from dataclasses import dataclass, field
from typing import Any

from twinlens.collection.catalog.catalog import Catalog
from twinlens.embedding.local import Skipped

KEY = "verified_until"  # in the catalog's meta table, while a verification is not complete
CONTINUED_DAYS = 7  # what was read before that is read again


@dataclass
class VerifyReport:
    """Result of reading photos again whose size and date are those in the catalog.

    Attributes:
        verified: photos that were read.
        changed: those among them with another content than in the catalog.
        refreshed: those with the same content, of which more or something else is known now.
        earlier: photos that an interrupted run had read and this one did not.
        unread: photos that could not be read now; the catalog keeps them as they were.
    """

    verified: int = 0
    changed: int = 0
    refreshed: int = 0
    earlier: int = 0
    unread: list[Skipped] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        """The fields of ``twinlens index --verify --json`` about the verification."""
        return {
            "verified": self.verified,
            "changed": self.changed,
            "refreshed": self.refreshed,
            "verified_earlier": self.earlier,
            "unread": [photo._asdict() for photo in self.unread],
        }


class Position:
    """How far a verification has come; stored in the catalog until it is complete.

    Args:
        catalog: of the collection.
    """

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._started_at = time.time()
        self._reached: tuple[int, list[str]] | None = None
        if (text := catalog.meta(KEY)) is not None:
            started_at, folder_id, path = json.loads(text)
            if started_at > self._started_at - CONTINUED_DAYS * 86_400:
                self._started_at, self._reached = started_at, _order(folder_id, path)

    def is_behind(self, folder_id: int, path: str) -> bool:
        """Whether an interrupted run has read this photo already."""
        return self._reached is not None and _order(folder_id, path) <= self._reached

    def note(self, folder_id: int, path: str) -> None:
        """Records the last photo that was read; in the transaction that stores what it showed."""
        self._catalog.set_meta({KEY: json.dumps([self._started_at, folder_id, path])})

    def complete(self) -> None:
        """Forgets the position: the next verification starts anew."""
        self._catalog.forget_meta(KEY)


def _order(folder_id: int, path: str) -> tuple[int, list[str]]:
    """Photos are read by folder, and in a folder name by name."""
    return folder_id, path.split("/")
