"""One finding of an audit: how bad, what, and where to look."""

from dataclasses import asdict, dataclass
from typing import Any, Literal

Severity = Literal["error", "warning", "note"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "note")
SHOWN = 3  # examples in the report for people; JSON has all


@dataclass(frozen=True, slots=True)
class AuditFinding:
    """Something that a reader of the figures should know.

    Attributes:
        code: what kind, in one word or two, for programs.
        severity: "error" makes the figures false, "warning" may, "note" tells how to read them.
        sentence: what was found, and what it does to the figures.
        count: how many of them.
        examples: all of them, a line each; empty where there is nothing to name.
    """

    code: str
    severity: Severity
    sentence: str
    count: int
    examples: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The fields as JSON has them."""
        return asdict(self) | {"examples": list(self.examples)}

    def __str__(self) -> str:
        shown = "; ".join(self.examples[:SHOWN]) + ("; …" if len(self.examples) > SHOWN else "")
        return f"{self.severity}: {self.sentence}" + (f" ({shown})" if shown else "")


def counted(count: int, noun: str) -> str:
    """A number with its noun.

    >>> counted(1, "photo"), counted(1200, "query")
    ('1 photo', '1,200 queries')
    """
    if count == 1:
        return f"1 {noun}"
    return f"{count:,} {noun[:-1]}ies" if noun.endswith("ry") else f"{count:,} {noun}s"
