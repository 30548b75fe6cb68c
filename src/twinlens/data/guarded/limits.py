"""What the decoding of one photo may cost."""

import json
from dataclasses import asdict, dataclass
from typing import Self


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of a decoder process.

    Attributes:
        cpu_s: CPU time for a photo. Not known on Windows, where ``wall_s`` alone counts.
        wall_s: time for a photo on a clock; more, since other programs may use the cores.
        memory_bytes: beyond the 100 MB of an idle decoder. Kept on Linux only.
        is_background: whether it only gets the time that others leave.
    """

    cpu_s: float = 30.0
    wall_s: float = 60.0
    memory_bytes: int = 2_500_000_000
    is_background: bool = False

    def to_json(self) -> str:
        """All limits as JSON."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Limits from ``to_json``.

        >>> Limits.from_json(Limits(cpu_s=1.5).to_json()).cpu_s
        1.5
        """
        return cls(**json.loads(text))
