"""What is known of a copy of a catalog's server, from which is read."""

from dataclasses import dataclass


@dataclass(frozen=True)
class ReplicaState:
    """What was last seen of a replica.

    Attributes:
        address: of the replica.
        is_used: whether it answers now.
        lag_s: what was written earlier than that is there; None if it was never reached.
        why: it is not used.
    """

    address: str
    is_used: bool
    lag_s: float | None
    why: str | None
