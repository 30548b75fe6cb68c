"""Why a search found what it found: what its parts let through, left out, and contributed, and what grades mean."""

from dataclasses import dataclass
from typing import Any, NamedTuple

from twinlens.counted import counted
from twinlens.types import as_told


class Effect(NamedTuple):
    """A filter, a field, a phrase, or something left out.

    Attributes:
        text: in words.
        num_photos: how many pass it, whatever else is asked; or how many it leaves out of those that pass the rest.
        alternative: which one it belongs to; None for all.
    """

    text: str
    num_photos: int
    alternative: int | None = None


class Contribution(NamedTuple):
    """A term of a query, or what it leaves out, and a hit.

    Attributes:
        text: the term in words.
        weight: in the sum; below 0 for less of it.
        cosine: of the term alone and the hit.
        contribution: to the score, which is the sum of them.
    """

    text: str
    weight: float
    cosine: float
    contribution: float


@dataclass(frozen=True, slots=True)
class HitReasons:
    """Why a hit is where it is.

    Attributes:
        image_id: of the hit.
        score: cosine of the alternative that it fits best; None where nothing is compared.
        contributions: what the score is made of.
        alternative: the number of that alternative; None without alternatives.
        meaning_rank: its rank by meaning, if it is among the first thousand.
        text_rank: its rank by what is written about it; None if no word is.
        grade_reason: what its grade means, in a sentence.
    """

    image_id: str
    score: float | None
    contributions: tuple[Contribution, ...]
    alternative: int | None
    meaning_rank: int | None
    text_rank: int | None
    grade_reason: str

    def lines(self, found_by: tuple[str, ...]) -> list[str]:
        """For people to read.

        Args:
            found_by: of the hit.
        """
        ranks = [
            f"number {rank:,} by {how}"
            for rank, how in ((self.meaning_rank, "meaning"), (self.text_rank, "what is written about it"))
            if rank is not None
        ]
        by = f"found by {' and '.join(map(as_told, found_by))}" if found_by and found_by != ("meaning",) else ""
        said = ["; ".join(part for part in (by, ", ".join(ranks)) if part)]
        if self.contributions and self.score is not None:
            parts = " ".join(_signed(one, is_first=not place) for place, one in enumerate(self.contributions))
            said.append(
                f"score {self.score:.3f} = {parts}" if len(self.contributions) > 1 else f"score {self.score:.3f}"
            )
        return [line for line in (*said, self.grade_reason) if line]

    def to_json(self) -> dict[str, Any]:
        """For other programs."""
        return {
            "image_id": self.image_id,
            "score": None if self.score is None else round(self.score, 6),
            "contributions": [
                {
                    "text": one.text,
                    "weight": one.weight,
                    "cosine": round(one.cosine, 6),
                    "contribution": round(one.contribution, 6),
                }
                for one in self.contributions
            ],
            "alternative": self.alternative,
            "meaning_rank": self.meaning_rank,
            "text_rank": self.text_rank,
            "grade_reason": self.grade_reason,
        }


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why an answer is what it is.

    Attributes:
        conditions: filters, fields and phrases.
        without: what is left out.
        hits: of the answer, in their order.
    """

    conditions: tuple[Effect, ...]
    without: tuple[Effect, ...]
    hits: tuple[HitReasons, ...]

    def lines(self) -> list[str]:
        """What was asked of all photos, for people to read."""
        return [
            *(f"{one.text}: {counted(one.num_photos, 'photo passes', 'photos pass')}" for one in self.conditions),
            *(
                f"without {one.text}: {counted(one.num_photos, 'photo is', 'photos are')} left out"
                for one in self.without
            ),
        ]

    def to_json(self) -> dict[str, Any]:
        """For other programs."""
        return {
            "conditions": [one._asdict() for one in self.conditions],
            "without": [one._asdict() for one in self.without],
            "hits": [one.to_json() for one in self.hits],
        }


def grade_reason(grade: str | None, probability: float | None, *, ungraded: str | None, is_written: bool) -> str:
    """What a hit's grade means, in a sentence.

    >>> grade_reason("likely", 0.72, ungraded=None, is_written=False)
    'likely: of 100 hits with such a score about 72 are right'
    """
    written = "; it matches anyway, by what is written about it" if is_written and grade is None else ""
    if ungraded is not None:
        return f"no grade: {ungraded}{written}"
    if probability is None:
        return f"no grade: this model does not tell what its scores mean{written}"
    share = f"of 100 hits with such a score about {100 * probability:.0f} are right"
    return f"{grade}: {share}" if grade else f"no grade: {share}{written}"


def _signed(one: Contribution, *, is_first: bool) -> str:
    sign = "−" if one.contribution < 0 else "" if is_first else "+"
    return f"{sign}{'' if is_first else ' '}{abs(one.contribution):.3f} {one.text}"
