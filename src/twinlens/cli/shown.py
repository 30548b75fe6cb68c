"""Which hits of an answer are shown: those that match; where none does, the closest, marked as such."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from twinlens.errors import QueryError

if TYPE_CHECKING:
    from twinlens import api

CLOSEST = 3


@dataclass(frozen=True)
class Shown:
    """What a command shows of an answer.

    Attributes:
        hits: in their order.
        matched: False where there is nothing, or nothing but what is closest.
        least: the probability that was asked for.
        num_candidates: photos or captions that pass the filters.
        took_ms: of the search.
    """

    hits: "Sequence[api.Hit]"
    matched: bool
    least: float | None
    num_candidates: int
    took_ms: float

    def why(self, query: str | None, candidates: str) -> str:
        """Why nothing matches, in words.

        Args:
            query: in an answer to several; None for the only one.
            candidates: "photos" or "captions".
        """
        of_query = f" for '{query}'" if query else ""
        if not self.hits:
            return f"nothing found{of_query}: {self.num_candidates:,} {candidates} pass the filters"
        line = "" if self.least is None else f" with a probability of {self.least:g} or more"
        closest = "the closest one is" if len(self.hits) == 1 else f"the {len(self.hits)} closest are"
        return (
            f"nothing here matches{of_query}{line}, in {self.num_candidates:,} {candidates}; {closest} shown, "
            "--all shows more"
        )


def choose(
    answer: "api.Answer", *, show_all: bool = False, min_probability: float | None = None, offset: int = 0
) -> Shown:
    """The hits that match; where none does, the closest.

    Args:
        answer: of a collection.
        show_all: all of it is shown, and counts as found.
        min_probability: what matches has at least this, in place of the calibration's own line.
        offset: of the answer; behind the first page nothing is closest.

    Raises:
        QueryError: a probability was asked for, and the model gives none.
    """

    def matches(hit: "api.Hit") -> bool:
        if min_probability is None:
            return show_all or hit.relevant is not False
        return hit.probability is not None and hit.probability >= min_probability

    if min_probability is not None and any(hit.probability is None for hit in answer.hits):
        raise QueryError("there are no probabilities of these hits; leave out --min-probability")
    hits = [hit for hit in answer.hits if matches(hit)]
    best = sorted(answer.hits, key=lambda hit: -hit.score)[:CLOSEST]
    shown = hits if hits or offset else best
    return Shown(shown, bool(hits), min_probability, answer.num_candidates, answer.took_ms)
