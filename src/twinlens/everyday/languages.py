"""Languages that the everyday descriptions and tags are written in, and which of them people read."""

import os
import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal, TypeAlias

from twinlens.errors import QueryError

Language: TypeAlias = Literal["en", "de", "es", "fr", "zh"]
ENGLISH: Language = "en"  # the language in which photos are compared with descriptions
LANGUAGES: Mapping[Language, tuple[str, str]] = MappingProxyType(
    {
        "en": ("English", "English"),
        "de": ("German", "Deutsch"),
        "es": ("Spanish", "Español"),
        "fr": ("French", "Français"),
        "zh": ("Chinese", "中文"),
    }
)
WITHOUT_SPACES = frozenset({"zh"})
MOST_PREFERENCES = 50  # of a request; a longer list is cut
_BY_NAME = {name.casefold(): code for code, names in LANGUAGES.items() for name in (code, *names)}


def known_language(name: str) -> Language | None:
    """The language of a name or a locale; None if nothing is written in it.

    >>> [known_language(name) for name in ("de", "de_AT.UTF-8", "zh-Hans-CN", "French", "Español", "C.UTF-8")]
    ['de', 'de', 'zh', 'fr', 'es', None]
    """
    return _BY_NAME.get(re.split(r"[-_.@]", name.strip().casefold(), maxsplit=1)[0])


def language_named(name: str) -> Language:
    """The language of a name or a locale.

    Raises:
        QueryError: nothing is written in it.
    """
    language = known_language(name)
    if language is None:
        choices = ", ".join(f"{code} ({names[0]})" for code, names in LANGUAGES.items())
        raise QueryError(f"descriptions and tags are written in {choices}, got {name[:40]!r}; choose one of them")
    return language


def language_of_environment(environment: Mapping[str, str] = os.environ) -> Language:
    """The language of the user's locale; English if nothing is written in that.

    >>> language_of_environment({"LC_ALL": "", "LANG": "fr_FR.UTF-8"})
    'fr'
    """
    locale = next((found for name in ("LC_ALL", "LC_MESSAGES", "LANG") if (found := environment.get(name))), "")
    return known_language(locale) or ENGLISH


def accepted_language(header: str) -> Language:
    """The one that an ``Accept-Language`` header likes best; English if it names none.

    >>> accepted_language("pt-BR, fr;q=0.5, de-CH;q=0.8, *;q=0.1")
    'de'
    """
    liked = [_preference(one) for one in header.split(",")[:MOST_PREFERENCES]]
    weight, language = max(liked, key=lambda one: one[0])  # of equal ones the first
    return language if weight > 0 and language is not None else ENGLISH


def _preference(part: str) -> tuple[float, Language | None]:
    """Weight and language of a part of the header; no weight where it is not understood."""
    name, _, parameters = part.partition(";")
    language = known_language(name)
    weight = re.fullmatch(r"\s*q\s*=\s*([01](?:\.\d{0,3})?)\s*", parameters)
    if language is None or (parameters.strip() and weight is None):
        return 0.0, None
    return float(weight[1]) if weight else 1.0, language
