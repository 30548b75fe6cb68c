"""The terms by which a text is found in a full-text index: folded words, and pairs of signs where no spaces part words.

Words are split at everything that is no letter, mark or digit, and between letters and digits, so that
``IMG_2207.jpg`` has the terms ``img``, ``2207`` and ``jpg``. In Chinese, Japanese, Korean, Thai and their like each
sign is a term together with the next one, and the last of a run alone: any part of such a run is a sequence of terms.
"""

import re
import unicodedata

from twinlens.words.spelled import ALIKE

SIGNS = (  # of scripts that put no spaces between words; Korean does, but joins particles to them
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u19e0-\u19ff\ua9e0-\ua9ff\uaa60-\uaa7f"  # Thai, Lao, Burmese, Khmer
    "\u2e80-\u2fdf\u3005-\u3007\u3021-\u3035\u3038-\u30ff\u3100-\u31bf\u31f0-\u31ff\u3400-\u9fff"
    "\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff\U0001b000-\U0001b16f\U00020000-\U0003ffff"
)
_RUN = re.compile(rf"[{SIGNS}]+|[0-9]+|[^{SIGNS}0-9 ]+")
_IS_SIGN = re.compile(rf"[{SIGNS}]")
_ASCII_RUN = re.compile(r"[a-z]+|[0-9]+")
_HUMP = re.compile(
    r"(?<=[^\W\d_])(?=[A-Z\u00c0-\u00d6\u00d8-\u00de][a-z\u00df-\u00f6\u00f8-\u00ff])|(?<=[a-z])(?=[A-Z])"
)
_DROPPED = (
    *range(0x300, 0x370),  # the accents of Latin, Greek and Cyrillic; marks of other scripts make other words
    *range(0x64B, 0x660),  # the vowel signs of Arabic, usually not written
    *(0x640, 0x670, 0xAD, 0x34F, 0xFEFF),
    *range(0x200B, 0x2010),
    *range(0x202A, 0x202F),
    *range(0x2060, 0x2070),
    *range(0xFE00, 0xFE10),
    *range(0x1F3FB, 0x1F400),  # the skin colours of emoji
)


def terms_of(text: str) -> list[str]:
    """The terms of a text, in order; none contains a space or a character of ASCII that is no letter or digit.

    >>> terms_of("L'Été: IMG_2207.jpg"), terms_of("黑狗2")
    (['l', 'ete', 'img', '2207', 'jpg'], ['黑狗', '狗', '2'])
    """
    if text.isascii():
        return _ASCII_RUN.findall(text.lower())
    terms = []
    for run in _RUN.findall(fold_text(text)):
        if _IS_SIGN.match(run):
            terms += [run[start : start + 2] for start in range(len(run))]
        else:
            terms.append(run)
    return terms


def fold_text(text: str) -> str:
    """A text in small letters without accents, in one Unicode form, with spaces for all that is part of no term.

    >>> fold_text("Straße, ＣＡＦＥ́ №٣"), fold_text("हिन्दी")
    ('strasse  cafe no3', 'हिन्दी')
    """
    parts = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    return unicodedata.normalize("NFC", parts.translate(_LETTERS)).translate(_LETTERS)


def humps_apart(text: str) -> str:
    """A text with spaces between the words of a name such as ``BeachParty2019``.

    >>> humps_apart("BeachParty2019"), humps_apart("myIPhone"), humps_apart("IMG_2207")
    ('Beach Party2019', 'my I Phone', 'IMG_2207')
    """
    return _HUMP.sub(" ", text)


def is_sign(term: str) -> bool:
    """Whether a term is a single sign, so that it is found as the first one of any pair."""
    return len(term) == 1 and _IS_SIGN.match(term) is not None


def pairs_of_signs(terms: list[str]) -> list[str]:
    """The terms without the lone signs that end a run: its pairs tell as much.

    >>> pairs_of_signs(terms_of("黑狗 2 狗"))
    ['黑狗', '2', '狗']
    """
    return [term for place, term in enumerate(terms) if not _ends_run(terms, place)]


def may_go_on(terms: list[str]) -> list[str]:
    """The terms of a part of a text: what follows its last sign is not known, so that is no end of a run.

    >>> may_go_on(terms_of("2 黑狗")), may_go_on(terms_of("狗"))
    (['2', '黑狗'], ['狗'])
    """
    return terms[:-1] if terms and _ends_run(terms, len(terms) - 1) else terms


def _ends_run(terms: list[str], place: int) -> bool:
    """Whether the term at a place is the lone sign after the last pair of a run."""
    return place > 0 and is_sign(terms[place]) and len(terms[place - 1]) == 2 and terms[place - 1][1] == terms[place]


class _Letters(dict[int, str | None]):
    """What becomes of each character, found out when it is first met."""

    def __missing__(self, code: int) -> str | None:
        letter = chr(code)
        kind = unicodedata.category(letter)
        if kind == "Nd":
            kept: str | None = str(unicodedata.decimal(letter))
        elif kind == "So":  # emoji, each a term
            kept = f" {letter} "
        else:
            kept = letter if kind[0] in "LMN" else " "
        self[code] = kept
        return kept


_LETTERS = _Letters({**dict.fromkeys(_DROPPED), **{letter: chr(alike) for letter, alike in ALIKE.items()}})
