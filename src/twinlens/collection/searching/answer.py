"""The answer to a search: hits, their grades, and what to show if none has one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TypeAlias

from twinlens.collection.searching.explanation import Explanation
from twinlens.collection.searching.search import Search
from twinlens.collection.searching.wording import Wording
from twinlens.counted import counted
from twinlens.data.file_names import as_text
from twinlens.everyday.languages import Language
from twinlens.types import Grade, Hit, Space

Source: TypeAlias = Literal["library", "built-in"]
SUM = "sums of words and photos have no grades"
CAPTIONS = "captions have no grades"
LISTED = "without words or a picture to search by, photos have no grades"
PHOTOS_COMPARED: Mapping[Space, str] = {
    "likeness": "photos are compared by their features",
    "shared": "photos are compared in the space that they share with texts",
}


def why_ungraded(search: Search) -> str | None:
    """Why hits of this search have no grades, in a few words; None if they have.

    The scores of a sum lie between those of words and those of photos, and captions score higher than photos.
    """
    if search.target == "caption":
        return CAPTIONS
    queries = search.query.alternatives()
    if not any(query.terms for query in queries):
        return LISTED
    return SUM if any(query.kind() is None for query in queries if query.terms) else None


@dataclass(frozen=True, slots=True, repr=False)
class Answer:
    """Result of a search, including which hits to show, so that all interfaces behave alike.

    Attributes:
        search: the request.
        hits: at most k, in the requested order, whether they match or not.
        num_candidates: photos (without the query photo) or captions that pass the filters.
        matched: number of candidates that match; None if hits have no grades.
        model: fingerprint of the model of the vectors.
        took_ms: including embedding of the query.
        query_read: the part of the query that the model reads; None if it reads all of it.
        absent_folders: photo folders of hits that are missing or empty, as where a disk is not mounted:
            how the ids of their photos begin, and their paths.
        num_undated: photos that a date filter leaves out because they have no date; None without one.
        num_file_dated: photos that it judges by the date of their file, for want of another; None without one.
        wording: how the words of the query were read: emoji, unknown words, what was probably meant.
        grades: how many of all candidates have each grade; None if hits have no grades.
        ungraded: why hits have no grades, in a few words; None if they have.
        num_left_out: photos that pass the filters and match what the query leaves out, as “cat” in ``dog -cat``; None
            if it leaves out nothing of the kind.
        num_entries: number of hits that all pages have together: fewer than candidates where near copies are one.
        space: what the scores compare: "likeness", the features of photos, or "shared", the space of photos and texts.
        explanation: why; None unless the search asks for it.
        source: whose captions these are: "library", or "built-in" for the list of everyday descriptions, which
            belong to no photo.
        language: of built-in descriptions; None for captions of the library.
    """

    search: Search
    hits: Sequence[Hit]
    num_candidates: int
    matched: int | None
    model: str
    took_ms: float
    query_read: str | None = None
    absent_folders: Mapping[str, str] = field(default_factory=dict)
    num_undated: int | None = None
    num_file_dated: int | None = None
    wording: Wording = field(default_factory=Wording)
    grades: Mapping[Grade, int] | None = None
    ungraded: str | None = None
    num_left_out: int | None = None
    num_entries: int | None = None
    space: Space = "shared"
    explanation: Explanation | None = None
    source: Source = "library"
    language: Language | None = None

    @property
    def matching(self) -> list[Hit]:
        """The hits that match; all hits if all were requested or hits have no grades."""
        return [hit for hit in self.hits if self.search.show_all or self.is_match(hit) is not False]

    @property
    def closest(self) -> list[Hit]:
        """All hits, best first, if nothing in the library matches; otherwise empty."""
        if self.matching or self.matched or (self.matched is None and self.search.page.offset):
            return []
        return sorted(self.hits, key=lambda hit: -hit.score)

    @property
    def shown(self) -> list[Hit]:
        """Hits to show: those that match, or the closest if none does."""
        return self.matching or self.closest

    @property
    def counted(self) -> str:
        """How many candidates have each grade or match without, as ``"3 strong, 5 likely"``; empty if none does.

        >>> Answer(Search.of("a dog"), [], 9, 8, "", 0.0, grades={"strong": 3, "likely": 5, "possible": 0}).counted
        '3 strong, 5 likely'
        """
        counts = [f"{count:,} {grade}" for grade, count in (self.grades or {}).items() if count]
        if self.num_written:
            is_taught = any("feedback" in hit.found_by for hit in self.hits)
            counts.append(f"{self.num_written:,} by {'feedback, ' if is_taught else ''}name, caption or tag")
        return ", ".join(counts)

    @property
    def num_written(self) -> int:
        """How many match by what is written about them alone, without a grade."""
        if self.matched is None or self.grades is None or self.search.min_grade or self.search.min_probability:
            return 0
        return self.matched - sum(self.grades.values())

    @property
    def compared(self) -> str | None:
        """What photos were compared by, in a few words; None unless the query is of photos, and wants photos."""
        if self.search.target == "caption" or self.search.query.kind() != "photo":
            return None
        return PHOTOS_COMPARED[self.space]

    @property
    def gone(self) -> list[Hit]:
        """Hits to show whose files are gone, although their photo folder is there."""
        return [hit for hit in self.shown if hit.is_missing and not hit.id.startswith(tuple(self.absent_folders))]

    @property
    def date_note(self) -> str | None:
        """What a date filter could not judge well, in a sentence; None if there is nothing of the kind.

        Both numbers are of photos that pass the other filters.
        """
        parts = []
        if count := self.num_undated:
            left_out = "leaves it out" if count == 1 else "leaves them out"
            parts.append(f"{counted(count, 'photo has', 'photos have')} no date, so the date filter {left_out}")
        if count := self.num_file_dated:
            have = counted(count, "photo has", "photos have")
            parts.append(f"{have} only the date of the file, which may be that of a copy")
        return "; ".join(parts) or None

    @property
    def left_out_note(self) -> str | None:
        """How many photos the query leaves out, in a sentence; None if it leaves out nothing.

        >>> from twinlens.collection.searching.query import parse_query
        >>> Answer(Search(parse_query("a dog -cat")), [], 9, 8, "", 0.0, num_left_out=3).left_out_note
        '3 photos are left out, because they match “cat”'
        """
        if not self.num_left_out:
            return None
        what = " or ".join(dict.fromkeys(one.left_out() for one in self.search.query.without))
        are = counted(self.num_left_out, "photo is", "photos are")
        return f"{are} left out, because {'it matches' if self.num_left_out == 1 else 'they match'} {what}"

    def to_json(self, *, everything: bool = False, absolute_paths: bool = True) -> dict[str, Any]:
        """The answer for other programs.

        Args:
            everything: include all hits, each with a field ``shown``, instead of only those to show.
            absolute_paths: make ``image_path`` absolute instead of relative to the library.
        """
        shown = self.shown
        hits = self.hits if everything else shown
        results = [{**hit_json(hit, absolute_path=absolute_paths), "is_match": self.is_match(hit)} for hit in hits]
        if everything:
            ranks = {hit.rank for hit in shown}
            results = [{**result, "shown": result["rank"] in ranks} for result in results]
        return {
            "query": self.search.query.text,
            "understood": self.search.understood(),
            "parts": self.search.query.to_json(),
            "query_read": self.query_read,
            **self.wording.to_json(),
            "target": self.search.target,
            "model": self.model,
            "num_results": len(results),
            "num_matches": self.matched,
            "grades": self.grades and dict(self.grades),
            "ungraded": self.ungraded,
            "num_candidates": self.num_candidates,
            "num_entries": self.num_candidates if self.num_entries is None else self.num_entries,
            "space": self.space,
            "source": self.source,
            "language": self.language,
            "num_undated": self.num_undated,
            "num_file_dated": self.num_file_dated,
            "num_left_out": self.num_left_out,
            "offset": self.search.page.offset,
            "took_ms": self.took_ms,
            "missing_folders": [
                path if absolute_paths else start.rstrip("/") or Path(path).name
                for start, path in self.absent_folders.items()
            ],
            "explanation": self.explanation and self.explanation.to_json(),
            "results": results,
        }

    def is_match(self, hit: Hit) -> bool | None:
        """Whether a hit of this answer matches; None if hits have no grades."""
        if self.ungraded == LISTED:  # all match
            return None
        if self.search.min_probability is None and self.search.min_grade is None:
            return True if hit.found_by else hit.relevant
        return hit.probability is not None and self.search.accepts(hit.grade, hit.probability)

    def __repr__(self) -> str:
        among = counted(self.num_candidates, "candidate")
        matched = among if self.matched is None else f"{counted(self.matched, 'match')} in {among}"
        return (
            f"<Answer to {self.search.understood()}: {counted(len(self.hits), 'hit')}, {matched}, {self.took_ms:g} ms>"
        )


def hit_json(hit: Hit, *, absolute_path: bool) -> dict[str, Any]:
    """One result of ``Answer.to_json``."""
    return {
        "rank": hit.rank,
        "image_id": hit.id or None,
        "image_path": _path(hit, absolute=absolute_path),
        "score": round(hit.score, 6),
        "probability": None if hit.probability is None else round(hit.probability, 4),
        "grade": hit.grade,
        "relevant": hit.relevant,
        "caption": hit.caption,
        "width": hit.width,
        "height": hit.height,
        "taken_at": hit.taken_at,
        "date_source": hit.date_source,
        "is_favourite": hit.is_favourite,
        "rating": hit.rating,
        "tags": list(hit.tags),
        "duration_s": hit.duration_s,
        "at_s": hit.at_s,
        "missing": hit.is_missing,
        "num_alike": hit.num_alike,
        "alike": list(hit.alike),
        "alike_kinds": list(hit.alike_kinds),
        "found_by": list(hit.found_by),
    }


def _path(hit: Hit, *, absolute: bool) -> str | None:
    if not hit.id:
        return None  # a description of no photo
    return as_text(str(hit.path)) if absolute else hit.id
