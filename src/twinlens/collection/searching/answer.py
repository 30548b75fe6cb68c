"""The answer: what was found, what of it matches, and what is shown where nothing does."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from twinlens.collection.searching.search import Search
from twinlens.types import Hit

CLOSEST = 3  # shown where nothing matches


@dataclass(frozen=True, slots=True, repr=False)
class Answer:
    """What a search found; no interface decides what is relevant, or what is shown where nothing is.

    Attributes:
        search: what was asked for.
        hits: at most k, in the order asked for, whether they match or not.
        num_candidates: photos that the filters let through, the query photo not counted; or their captions.
        matched: how many of the candidates match; None where the model cannot tell.
        model: fingerprint of the model that made the vectors.
        took_ms: embedding the query included.
        query_read: the part that the model reads of words too long for it; None when it reads all.
    """

    search: Search
    hits: Sequence[Hit]
    num_candidates: int
    matched: int | None
    model: str
    took_ms: float
    query_read: str | None = None

    @property
    def matching(self) -> list[Hit]:
        """The hits that match; all of them where all are wanted, and where the model cannot tell."""
        return [hit for hit in self.hits if self._matches(hit)]

    @property
    def closest(self) -> list[Hit]:
        """Where nothing at all matches, the few that come closest, best first; else none."""
        if self.matching or self.search.page.offset:
            return []
        return sorted(self.hits, key=lambda hit: -hit.score)[:CLOSEST]

    @property
    def shown(self) -> list[Hit]:
        """What people are shown: the hits that match; where none does, the closest."""
        return self.matching or self.closest

    def to_json(self, *, everything: bool = False, absolute_paths: bool = True) -> dict[str, Any]:
        """The answer for other programs.

        Args:
            everything: all hits, each with ``shown``, and not only those that are shown.
            absolute_paths: ``image_path`` says where the file is on this machine, else below the library.
        """
        shown = self.shown
        hits = self.hits if everything else shown
        results = [hit_json(hit, absolute_path=absolute_paths) for hit in hits]
        if everything:
            ranks = {hit.rank for hit in shown}
            results = [{**result, "shown": result["rank"] in ranks} for result in results]
        return {
            "query": self.search.query.text,
            "understood": self.search.understood(),
            "query_read": self.query_read,
            "target": self.search.target,
            "model": self.model,
            "num_results": len(results),
            "num_matches": self.matched,
            "num_candidates": self.num_candidates,
            "offset": self.search.page.offset,
            "took_ms": self.took_ms,
            "results": results,
        }

    def _matches(self, hit: Hit) -> bool:
        if self.search.min_probability is not None:
            return hit.probability is not None and hit.probability >= self.search.min_probability
        return self.search.show_all or hit.relevant is not False

    def __repr__(self) -> str:
        among = f"{self.num_candidates:,} candidates"
        matched = among if self.matched is None else f"{self.matched:,} matches in {among}"
        return f"<Answer to {self.search.understood()}: {len(self.hits)} hits, {matched}, {self.took_ms:g} ms>"


def hit_json(hit: Hit, *, absolute_path: bool) -> dict[str, Any]:
    """One result of ``Answer.to_json``."""
    return {
        "rank": hit.rank,
        "image_id": hit.id,
        "image_path": str(hit.path) if absolute_path else hit.id,
        "score": round(hit.score, 6),
        "probability": None if hit.probability is None else round(hit.probability, 4),
        "relevant": hit.relevant,
        "caption": hit.caption,
        "width": hit.width,
        "height": hit.height,
        "taken_at": hit.taken_at,
        "is_favourite": hit.is_favourite,
    }
