"""Queries that a library answers, for people who have not asked anything yet."""

from collections.abc import Callable

from twinlens.collection.searching.answer import Answer
from twinlens.collection.searching.query import words_query
from twinlens.collection.searching.search import Page, Search
from twinlens.collection.showing.suggestions import Suggestion

SUBJECTS = (
    "a dog", "a cat", "children playing", "people at a table", "a smiling person", "a wedding", "food on a plate",
    "flowers", "a beach", "snow", "mountains", "a lake", "a sunset", "a city street", "a car", "a bicycle", "a boat",
    "a building at night", "a bird", "a horse", "sports", "a garden", "a document with text", "a birthday cake",
)  # fmt: skip


def examples(answer: Callable[[Search], Answer], *, k: int) -> list[Suggestion]:
    """The subjects that most photos show for sure, or likely; the first ones where results have no grades.

    Args:
        answer: of the library to a search.
        k: at most so many.
    """
    counts: dict[str, int] = {}
    for subject in SUBJECTS:
        grades = answer(Search(words_query(subject), page=Page(k=1))).grades
        if grades is None:
            return [Suggestion("example", one, one) for one in SUBJECTS[:k]]
        counts[subject] = grades.get("strong", 0) + grades.get("likely", 0)
    shown = [subject for subject in SUBJECTS if counts[subject]]
    best = sorted(shown, key=lambda subject: -counts[subject])[:k]
    return [Suggestion("example", one, one) for one in best]
