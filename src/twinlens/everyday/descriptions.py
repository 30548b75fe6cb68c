"""A few thousand everyday descriptions, put together from parts; each has one meaning and a text in each language."""

from functools import cache
from importlib.resources import files

from twinlens.everyday.composed import combinations
from twinlens.everyday.languages import ENGLISH, WITHOUT_SPACES, Language


@cache
def descriptions(language: Language = ENGLISH) -> tuple[str, ...]:
    """All of the built-in list, in the order of its file; in another language the same ones, row by row."""
    english = combinations(list_file("descriptions.txt"))
    if language == ENGLISH:
        return tuple(dict.fromkeys(english))
    said: dict[str, str] = {}
    texts = combinations(list_file("descriptions.txt", language), spaces=language not in WITHOUT_SPACES)
    for meaning, text in zip(english, texts, strict=True):
        said.setdefault(meaning, text)  # what comes twice in English is one description
    return tuple(said.values())


def list_file(name: str, language: Language = ENGLISH) -> str:
    """The text of a file of the built-in lists: English beside the code, other languages in folders of their own."""
    folder = files("twinlens.everyday")
    place = folder.joinpath(name) if language == ENGLISH else folder.joinpath(language, name)
    return place.read_text(encoding="utf-8")
