"""Ways to ask for the same thing: ``dog``, ``dogs``, ``A DOG!!!``, ``a photo of a dog``."""

from collections.abc import Callable, Mapping

ARTICLES = ("a ", "an ", "the ", "some ")
IRREGULAR = {"man": "men", "woman": "women", "person": "people", "child": "children", "sheep": "sheep", "fish": "fish"}
LONGEST_NAME = 2  # words: of "a dog on a beach" the last is not the one that has a plural


def bare(phrase: str) -> str | None:
    """The words alone.

    >>> bare("a traffic light"), bare("grass")
    ('traffic light', None)
    """
    return next((phrase.removeprefix(article) for article in ARTICLES if phrase.startswith(article)), None)


def plural(phrase: str) -> str | None:
    """Several of it; None for what is no name of one thing.

    >>> plural("a traffic light"), plural("a church"), plural("a man"), plural("the sea"), plural("someone running")
    ('traffic lights', 'churches', 'men', None, None)
    """
    name = bare(phrase)
    if name is None or not phrase.startswith(("a ", "an ")) or len(name.split()) > LONGEST_NAME:
        return None
    front, _, last = name.rpartition(" ")
    return f"{front} {_plural_of(last)}".strip()


def _plural_of(noun: str) -> str:
    if noun in IRREGULAR:
        return IRREGULAR[noun]
    if noun.endswith(("s", "x", "ch", "sh")):
        return f"{noun}es"
    return f"{noun[:-1]}ies" if noun.endswith("y") and noun[-2] not in "aeiou" else f"{noun}s"


WORDINGS: Mapping[str, Callable[[str], str | None]] = {
    "dog": bare,
    "dogs": plural,
    "A DOG!!!": lambda phrase: f"{phrase.upper()}!!!",
    "a photo of a dog": lambda phrase: f"a photo of {phrase}",
}
"""Each by what it makes of "a dog"."""
