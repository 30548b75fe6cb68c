"""``Teaching``: the interface by which the app teaches a library words, and lets it learn from what people said."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, Self

from twinlens.api.photos.teaching import Said

MEASURES = {"recall_at_10": "R@10", "mrr": "MRR", "caption_mrr": "MRR, from photos to texts"}


@dataclass(frozen=True, slots=True)
class Figure:
    """A measure of a lesson on photos that were held out.

    Attributes:
        name: of the measure.
        before: the lesson, in [0, 1].
        after: the lesson, in [0, 1].
        low: end of the 95 % interval of the difference.
        high: the other end.
    """

    name: str
    before: float
    after: float
    low: float
    high: float

    @property
    def verdict(self) -> str:
        """What the interval says.

        >>> Figure("MRR", 0.2, 0.5, 0.1, 0.5).verdict, Figure("MRR", 0.2, 0.3, -0.1, 0.3).verdict
        ('better', 'not clear')
        """
        return "better" if self.low > 0 else "worse" if self.high < 0 else "not clear"


@dataclass(frozen=True, slots=True)
class Lesson:
    """What a lesson came to.

    Attributes:
        is_kept: whether it is used from now on; only if it is better beyond chance.
        told: the result in a sentence.
        num_photos: that were held out.
        figures: measured on them.
    """

    is_kept: bool
    told: str
    num_photos: int
    figures: tuple[Figure, ...]

    @classmethod
    def of(cls, report: Mapping[str, Any], told: str) -> Self:
        """The lesson of a report, as ``twinlens teach --json`` prints it.

        Raises:
            KeyError, TypeError: it has an unknown format.
        """
        held_out = report["held_out"]
        figures = tuple(Figure(name, **held_out[key]) for key, name in MEASURES.items() if key in held_out)
        return cls(bool(report["is_kept"]), told, int(held_out["num_photos"]), figures)


class Teaching(Protocol):
    """Teaches a library; the model's files stay as they are, and everything can be undone.

    Every method raises ``QueryError`` or ``TwinlensError`` where something is refused, and nothing has changed then.
    """

    def said(self) -> list[Said]:
        """What was said of photos, by query and by word of one's own."""

    def teach_word(self, word: str, photo_ids: Sequence[str] | None = None, *, bad: Sequence[str] = ()) -> Said:
        """Teaches a word by photos that show it, and others that do not; what was taught before stays.

        Without photos, it is learnt from those whose name or caption has the word, or that were called good for it.
        """

    def forget_word(self, word: str) -> bool:
        """Forgets a word; False if it was not taught."""

    def learn(self) -> Lesson:
        """Learns from all captions and opinions; what is not better on photos held out is not kept."""

    def has_lesson(self) -> bool:
        """Whether there is a lesson that can be undone."""

    def undo(self) -> bool:
        """Takes back the last lesson; False if there is none."""
