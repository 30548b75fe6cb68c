"""One finding of an audit: severity, description and examples."""

from dataclasses import asdict, dataclass
from typing import Any, Literal

Severity = Literal["error", "warning", "note"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "note")
SHOWN = 3  # examples in the text report; JSON lists all


@dataclass(frozen=True, slots=True)
class AuditFinding:
    """Something to know when reading the results.

    Attributes:
        code: identifies the kind of finding, for programs.
        severity: "error" makes the results wrong, "warning" may, "note" helps to read them.
        sentence: what was found, and its effect on the results.
        count: number of occurrences.
        examples: all occurrences, one string each; empty if they have no names.
    """

    code: str
    severity: Severity
    sentence: str
    count: int
    examples: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The fields for JSON."""
        return asdict(self) | {"examples": list(self.examples)}

    def __str__(self) -> str:
        shown = "; ".join(self.examples[:SHOWN]) + ("; …" if len(self.examples) > SHOWN else "")
        return f"{self.severity}: {self.sentence}" + (f" ({shown})" if shown else "")
