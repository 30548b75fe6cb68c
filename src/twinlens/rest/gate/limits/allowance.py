"""What a caller may ask for, and what a request is told that asks for more."""

from dataclasses import dataclass
from typing import Literal, Protocol

DAY_S = 86_400


@dataclass(frozen=True, slots=True)
class Allowance:
    """Requests that a caller may make.

    Attributes:
        per_minute: in bursts of up to a minute's worth; 0 = no limit.
        per_day: from midnight to midnight, UTC; 0 = no limit.
    """

    per_minute: int = 0
    per_day: int = 0


def own_allowance(per_minute: int | None, per_day: int | None) -> Allowance | None:
    """What a key or a group is given; None if it has no limits of its own."""
    return None if per_minute is None and per_day is None else Allowance(per_minute or 0, per_day or 0)


@dataclass(frozen=True, slots=True)
class Refused:
    """A request too many.

    Attributes:
        of: which of the limits it exceeds.
        wait_s: seconds until another one is allowed.
    """

    of: Literal["minute", "day"]
    wait_s: int


class Counts(Protocol):
    """Counts requests, each by what it costs."""

    async def take(self, caller: str, cost: float, allowance: Allowance) -> Refused | None:
        """Counts a request that costs so much, unless it is one too many; None if it is allowed.

        What costs about a minute's worth or more is allowed after a quiet minute, and leaves a debt.
        """
