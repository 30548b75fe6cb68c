"""What a query that is being typed may become: names of the library, its captions and file names."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Literal, TypeAlias

from twinlens.collection.catalog.catalog import Catalog
from twinlens.collection.showing.facts import LibraryFacts
from twinlens.collection.showing.named_values import NamedKind, named_values, terms_in
from twinlens.collection.texts.derived_texts import DerivedTexts
from twinlens.words.terms import terms_of

SuggestionKind: TypeAlias = NamedKind | Literal["caption", "name", "example"]
MOST_OF_A_KIND = 3  # so that one kind leaves room for others
MOST_READ = 30  # photos whose captions and names are looked at
MOST_WORDS = 6  # of a name that are typed; each more is a look at all names
FEWEST_LETTERS = 2  # a single letter begins too many words
LONGEST_CAPTION = 80  # characters; longer ones are no queries


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A query that somebody may be about to type.

    Attributes:
        kind: what it was taken from.
        text: as people read it.
        query: to search for.
        photos: how many a person, place, folder or camera has; None for others.
    """

    kind: SuggestionKind
    text: str
    query: str
    photos: int | None = None


def suggestions(text: str, *, facts: LibraryFacts, texts: DerivedTexts, catalog: Catalog, k: int) -> list[Suggestion]:
    """Queries that go on with what is typed, its last word being unfinished; empty for less than two letters.

    Args:
        text: what is typed.
        facts: of the library.
        texts: where captions and names are found.
        catalog: of their photos.
        k: at most so many.
    """
    terms = terms_of(text)
    if sum(map(len, terms)) < FEWEST_LETTERS:
        return []
    found = list(_named(text, catalog, facts))
    photos = list(catalog.written.read(texts.beginning(text, fields=["caption"], most=MOST_READ).tolist()))
    captions = (caption for photo in photos for caption in photo.texts.get("caption", ()))
    found += _first("caption", (one for one in captions if len(one) <= LONGEST_CAPTION), terms)
    photos = list(catalog.written.read(texts.beginning(text, fields=["name"], most=MOST_READ).tolist()))
    found += _first("name", (photo.path.rpartition("/")[2] for photo in photos), terms)
    return _fairly(found, k)


def _fairly(found: Sequence[Suggestion], k: int) -> list[Suggestion]:
    """At most ``k``, in their order: no kind takes the room of another's first ones."""
    seen: Counter[str] = Counter()
    places = []
    for place, one in enumerate(found):
        places.append((seen[one.kind], place))
        seen[one.kind] += 1
    return [found[place] for _, place in sorted(sorted(places)[:k], key=lambda one: one[1])]


def _named(text: str, catalog: Catalog, facts: LibraryFacts) -> Iterator[Suggestion]:
    """Names that go on with the last words typed, with as many of them as any name does; what is before stays."""
    names = [one for one in named_values(catalog, facts) if '"' not in one.name]  # no query can ask for others
    words = text.split()
    for at in range(max(0, len(words) - MOST_WORDS), len(words)):
        terms = terms_of(" ".join(words[at:]))
        if sum(map(len, terms)) < FEWEST_LETTERS:
            return
        found = [one for one in names if _begins(terms, terms_in(one.begins))]
        for kind in dict.fromkeys(one.kind for one in found):
            for one in islice((one for one in found if one.kind == kind), MOST_OF_A_KIND):
                yield Suggestion(kind, one.name, " ".join([*words[:at], one.query]), one.photos)
        if found:
            return


def _first(kind: Literal["caption", "name"], found: Iterable[str], terms: list[str]) -> Iterator[Suggestion]:
    several = dict.fromkeys(one for one in found if goes_on(terms, one))
    return (Suggestion(kind, one, one) for one in islice(several, MOST_OF_A_KIND))


def goes_on(begun: list[str], text: str) -> bool:
    """Whether a text has some terms in a row, the last one perhaps unfinished.

    >>> goes_on(["a", "do"], "Two men and a dog"), goes_on(["o"], "a dog")
    (True, False)
    """
    return _begins(begun, terms_of(text))


def _begins(begun: Sequence[str], terms: Sequence[str]) -> bool:
    *whole, last = begun
    places = range(len(terms) - len(whole))
    return any(list(terms[at : at + len(whole)]) == whole and terms[at + len(whole)].startswith(last) for at in places)
