"""What a query that is being typed may become: folders, cameras, captions and file names of the library."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Literal, TypeAlias

from twinlens.collection.catalog.catalog import Catalog
from twinlens.collection.showing.facts import LibraryFacts
from twinlens.collection.texts.derived_texts import DerivedTexts
from twinlens.words.terms import terms_of

SuggestionKind: TypeAlias = Literal["folder", "camera", "caption", "name", "example"]
MOST_OF_A_KIND = 3  # so that one kind leaves room for others
MOST_READ = 30  # photos whose captions and names are looked at
FEWEST_LETTERS = 2  # a single letter begins too many words
LONGEST_CAPTION = 80  # characters; longer ones are no queries


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A query that somebody may be about to type.

    Attributes:
        kind: what it was taken from.
        text: as people read it.
        query: to search for.
        photos: how many a folder or camera has; None for others.
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
    front, _, last = text.strip().rpartition(" ")
    found = [*_named("folder", facts.folders, front, last), *_named("camera", facts.cameras, front, last)]
    photos = list(catalog.written.read(texts.beginning(text, fields=["caption"], most=MOST_READ).tolist()))
    captions = (caption for photo in photos for caption in photo.texts.get("caption", ()))
    found += _first("caption", (one for one in captions if len(one) <= LONGEST_CAPTION), terms)
    photos = list(catalog.written.read(texts.beginning(text, fields=["name"], most=MOST_READ).tolist()))
    found += _first("name", (photo.path.rpartition("/")[2] for photo in photos), terms)
    return found[:k]


def _named(
    kind: Literal["folder", "camera"], counts: Iterable[tuple[str, int]], front: str, last: str
) -> Iterator[Suggestion]:
    """Those with a word that begins with the last one typed, most photos first."""
    wanted = terms_of(last)
    if sum(map(len, wanted)) < FEWEST_LETTERS:
        return
    ranked = sorted(counts, key=lambda one: -one[1])
    for name, photos in islice((one for one in ranked if goes_on(wanted, one[0])), MOST_OF_A_KIND):
        field = f'{kind}:"{name}"' if " " in name else f"{kind}:{name}"
        yield Suggestion(kind, name, f"{front} {field}".strip(), photos)


def _first(kind: Literal["caption", "name"], found: Iterable[str], terms: list[str]) -> Iterator[Suggestion]:
    several = dict.fromkeys(one for one in found if goes_on(terms, one))
    return (Suggestion(kind, one, one) for one in islice(several, MOST_OF_A_KIND))


def goes_on(begun: list[str], text: str) -> bool:
    """Whether a text has some terms in a row, the last one perhaps unfinished.

    >>> goes_on(["a", "do"], "Two men and a dog"), goes_on(["o"], "a dog")
    (True, False)
    """
    terms = terms_of(text)
    *whole, last = begun
    places = range(len(terms) - len(whole))
    return any(terms[at : at + len(whole)] == whole and terms[at + len(whole)].startswith(last) for at in places)
