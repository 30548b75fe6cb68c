"""Texts put together from parts, in the form of the files ``descriptions.txt``."""

import itertools
import re
from collections.abc import Iterator, Sequence

HERE = "…"  # in a part: where the parts behind it go; else they follow
_FORM = re.compile(r"\{(f?p?)\}")  # behind the beginning of a text: feminine, plural
_FORMS = re.compile(r"[^\s~]+(?:~[^\s~]*)+")


def lines_of_choices(text: str) -> Iterator[list[list[str]]]:
    """The parts of each line, each with its choices.

    >>> list(lines_of_choices("# pets\\n@pet = a cat | a dog\\n@pet / | asleep"))
    [[['a cat', 'a dog'], ['', 'asleep']]]
    """
    groups: dict[str, list[str]] = {}
    for line in text.splitlines():
        name, is_group, members = line.partition(" = ")
        if is_group and line.startswith("@"):
            groups[name] = _choices(members, groups)
        elif line.strip() and not line.startswith("#"):
            yield [_choices(part, groups) for part in line.split("/")]


def combinations(text: str, *, spaces: bool = True) -> Iterator[str]:
    """All combinations of each line, as texts; one may come twice.

    Args:
        text: of a file.
        spaces: whether there are spaces between words.
    """
    for parts in lines_of_choices(text):
        for chosen in itertools.product(*parts):
            yield composed(chosen, spaces=spaces)


def composed(parts: Sequence[str], *, spaces: bool = True) -> str:
    """One text of parts, in the order and the forms that its beginning asks for.

    >>> composed(["a dog", "running", "", "on a beach"])
    'a dog running on a beach'
    >>> composed(["Kinder {p}", "spielt~spielen … Fußball", "am Strand"])
    'Kinder spielen am Strand Fußball'
    >>> composed(["deux femmes {fp}", "assis~assise~assis~assises", "sur un banc"])
    'deux femmes assises sur un banc'
    """
    text = ""
    for part in reversed(parts):
        text = part.replace(HERE, f" {text} ") if HERE in part else f"{part} {text}"
    form = ""
    if "{" in text:
        form = found[1] if (found := _FORM.search(text)) else ""
        text = _FORM.sub("", text)
    if "~" in text:
        text = _FORMS.sub(lambda forms: _form(forms[0].split("~"), form), text)
    return (" " if spaces else "").join(text.split())


def _form(forms: Sequence[str], form: str) -> str:
    """The form of a word: of two the singular or the plural, of four also by gender."""
    plural = int("p" in form)
    return forms[plural] if len(forms) == 2 else forms[2 * plural + int("f" in form)]


def _choices(part: str, groups: dict[str, list[str]]) -> list[str]:
    choices = (choice.strip() for choice in part.split("|"))
    return [text for choice in choices for text in (groups[choice] if choice.startswith("@") else [choice])]
