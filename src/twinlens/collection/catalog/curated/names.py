"""Names that people make up, of tags and albums: how they are written, and when two are the same."""

import unicodedata
from collections.abc import Iterable
from difflib import get_close_matches
from itertools import islice

from twinlens.errors import QueryError, valid_unicode

MOST_CHARACTERS = 100  # longer than any name; a whole text pasted by mistake is longer
MOST_COMPARED = 5000  # names, in some 50 ms
_UNSEEN = dict.fromkeys((0xAD, 0x200B, 0x2060, 0xFEFF))  # come with text that is copied from pages
_ORDER = dict.fromkeys((0x61C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)))
"""Order of letters: such signs come with text that is copied, and no query has them."""


def tidy_name(text: str, what: str) -> str:
    """A name in one Unicode form, on one line, without spaces around it.

    Args:
        text: as it was typed.
        what: is named, for the message, such as "tag".

    Raises:
        QueryError: it is empty or too long.

    >>> tidy_name("  on\\n holiday ", "tag")
    'on holiday'
    """
    if not isinstance(text, str):
        raise QueryError(f"the name of {_a(what)} must be text, got {text!r}")
    name = unicodedata.normalize("NFC", " ".join(valid_unicode(text).translate(_UNSEEN | _ORDER).split()))
    name = "".join(letter for letter in name if unicodedata.category(letter) != "Cc")
    if not any(unicodedata.category(letter)[0] not in "CZ" for letter in name):
        raise QueryError(f"the name of {_a(what)} must have at least one visible character, got {text!r}")
    if len(name) > MOST_CHARACTERS:
        raise QueryError(
            f"the name of {_a(what)} may have {MOST_CHARACTERS} characters, got {len(name):,}: {name[:40]}…"
        )
    return name


def name_key(name: str) -> str:
    """What two spellings of the same name have in common: neither case nor the spaces around words matter.

    >>> name_key("Zürich") == name_key("ZU\\u0308RICH"), name_key("Zürich") == name_key("Zurich")
    (True, False)
    """
    name = " ".join(name.translate(_UNSEEN).split())
    if name.isascii():
        return name.lower()
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())


def nearest_name(name: str, known: Iterable[str]) -> str | None:
    """The name that was probably meant, in whatever case and with or without accents; None if none is spelt so.

    >>> nearest_name("malaga", ["Malta", "Málaga"])
    'Málaga'
    """
    names = {_bare(one): one for one in islice(known, MOST_COMPARED)}
    near = get_close_matches(_bare(name), names, n=1)
    return names[near[0]] if near else None


def _bare(name: str) -> str:
    letters = unicodedata.normalize("NFKD", name_key(name))
    return "".join(letter for letter in letters if not unicodedata.combining(letter))


def _a(what: str) -> str:
    return f"an {what}" if what[0] in "aeiou" else f"a {what}"
