"""What came of reading the text in pictures."""

from dataclasses import dataclass, field
from typing import Any

from twinlens.embedding.local import Skipped


@dataclass
class TextReport:
    """Result of a run.

    Attributes:
        read: photos that were read; those of the same content count once.
        with_text: those among them in which something is written.
        unlikely: photos that were left out, because nothing in them looks like writing.
        failed: photos that could not be read now, with the reason; the next run tries again.
        waiting: photos of the collection that are still to be read.
        seconds: duration.
    """

    read: int = 0
    with_text: int = 0
    unlikely: int = 0
    failed: list[Skipped] = field(default_factory=list)
    waiting: int = 0
    seconds: float = 0.0

    def to_json(self) -> dict[str, Any]:
        """The fields of ``twinlens read-text --json``."""
        return {**vars(self), "failed": [photo._asdict() for photo in self.failed]}
