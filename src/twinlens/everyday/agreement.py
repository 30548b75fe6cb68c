"""Which descriptions of a list fit a photo: those whose words the best ones have in common.

The description with the best score says too much as a rule: "a white dog running on a path", where three others say
"a dog running". A softmax over the scores tells how probable each description is, and so each word; of two descriptions
that is better whose words are more probable (minimum Bayes risk, as in Kumar and Byrne, 2004, by words).
"""

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from twinlens.relevance.maps import Floats, GradeThresholds

# All chosen on Flickr8k's val by what people had written about the photos: docs/how-to/describe-photos.md has the
# figures.
SHARPNESS = 2.5  # of the softmax, a spread of the photo's scores; of the words that 3 says more, half are wrong
WORTH_SAYING = 0.35  # probability from which on a word makes a description better
BY_SCORE = 0.02  # a spread, against a word: parts descriptions of the same words
NEAR = 2.0  # spreads below the best score: further below, "people" stands for those who are jumping into a lake
FAR = 100.0  # descriptions that are not near come last
GRADES = GradeThresholds(strong=0.75, likely=0.5, possible=0.25)
ALIKE = 0.5  # share of the longer one's words from which on a description says what an earlier one has said
SAYS_NOTHING = frozenset(
    "a an the of in on at with and for by down into from under through over up past to its out across against above "
    "is top front".split()
)
_ENDING = re.compile(r"(?<=\w{3})(?:ing|es|s)$")


class Agreement:
    """Compares the descriptions of one list for any photo.

    Args:
        texts: in English, [T].
    """

    def __init__(self, texts: Sequence[str]) -> None:
        known: dict[str, int] = {}
        self._sets = [{known.setdefault(word, len(known)) for word in content_words(text)} for text in texts]
        self._words = np.array([word for words in self._sets for word in words], dtype=np.intp)
        self._counts = np.array([len(words) for words in self._sets])
        self._starts = np.concatenate([[0], np.cumsum(self._counts)[:-1]])
        self._num_words = len(known)

    def judge(self, scores: Floats) -> tuple[Floats, Floats]:
        """How good each description of a photo is, and how probable its words are on average; [T] each.

        Args:
            scores: [T], cosines with the photo.
        """
        places = _places(scores)
        each = np.repeat(shares(scores), self._counts)
        words = np.bincount(self._words, each, minlength=self._num_words)
        said = np.add.reduceat(words[self._words], self._starts)
        worth = said - WORTH_SAYING * self._counts + BY_SCORE * places
        return np.where(places >= places.max() - NEAR, worth, worth - FAR), said / self._counts

    def different(self, ranking: NDArray[np.intp], count: int) -> list[int]:
        """The first ``count`` of a ranking that do not say what one before them says."""
        chosen: list[int] = []
        for row in ranking.tolist():
            if len(chosen) == count:
                break
            mine = self._sets[row]
            if all(len(mine & self._sets[one]) < ALIKE * max(len(mine), len(self._sets[one])) for one in chosen):
                chosen.append(row)
        return chosen


def shares(scores: Floats) -> Floats:
    """How probable each description of a photo is, [T], together 1."""
    places = _places(scores)
    likely = np.exp(SHARPNESS * (places - places.max()))
    together: Floats = likely / likely.sum()
    return together


def _places(scores: Floats) -> Floats:
    """Scores in spreads from their mean."""
    spread = float(scores.std())
    return (scores - scores.mean()) / spread if spread > 0 else np.zeros_like(scores)


def content_words(text: str) -> list[str]:
    """The words that say something, without endings.

    >>> content_words("two dogs running on a beach")
    ['two', 'dog', 'runn', 'beach']
    """
    return [_ENDING.sub("", word) for word in re.findall(r"\w+", text.lower()) if word not in SAYS_NOTHING]
