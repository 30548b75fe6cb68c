"""Add the list of words that a text tower knows to a model bundle; unknown and misspelt words are told by it.

    scripts/word_list.py BUNDLE wordfreq-3.1.1-py3-none-any.whl --annotations package/annotations \\
        --captions en=en_coco_text_only.json --captions de=de_described.train.json

The frequent words of each language come from PyPI's wordfreq, the names of emoji from
npm's cldr-annotations-full, the words of captions from files like captions.json. The
bundle's fingerprint stays the same, unless English has a tower of its own. Prints the size of each list.
"""

import argparse
import gzip
import json
import math
import re
import sys
import unicodedata
import zipfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from twinlens.errors import TwinlensError
from twinlens.evaluation.classes.categories import imagenet_categories
from twinlens.model.bundle import open_bundle
from twinlens.model.word_file import save_words
from twinlens.words.spelled import alphabet_of, fold, is_written_in_signs, words_of
from twinlens.words.word_list import ALPHABETS, WordList

FREQUENT = {"en": 75_000, "vi": 8_000}
USUAL = 11_000
COMMON_MISSPELLINGS = 25_000  # from this rank on, a list of English words holds many
MUCH_RARER = 30  # times as frequent is the word that was meant
SIGN_LANGUAGES = {"zh": 12_000, "ja": 12_000, "ko": 20_000}
LEAST_IN_CAPTIONS = 5
CAPTION_LEVEL = 6  # at least: men and dogs are in captions as often as prepositions, which are told by their level
VOWELS = tuple("aeiouy")
RAREST = 14  # level of words whose frequency is not known
ONE_LETTER_WORDS = frozenset("aáàâeéèêiíoóòôuúùyåæøžvzksiwвиійкосуяєї")
LICENSE = """The lists of frequent words are derived from wordfreq 3.1.1 by Robyn Speer
(https://pypi.org/project/wordfreq, https://doi.org/10.5281/zenodo.7199437) and, like its data,
are under the Creative Commons Attribution-ShareAlike 4.0 licence
(https://creativecommons.org/licenses/by-sa/4.0/). wordfreq is built on Wikipedia, OpenSubtitles
(https://www.opensubtitles.org), ParaCrawl, the Leeds Internet Corpus, Google Books Ngrams
(https://books.google.com/ngrams), Twitter, Reddit, and the freely available SUBTLEX word lists of
Marc Brysbaert and others (https://crr.ugent.be/programs-data/subtitle-frequencies). They were cut
to the most frequent words, filtered by alphabet, joined with words of image captions and with
names of emoji, and their frequencies rounded.

The names of emoji are from the Unicode CLDR: Copyright 2004-2024 Unicode, Inc., under the
Unicode License V3 (https://www.unicode.org/license.txt).
"""


def main() -> int:
    """Reads the sources and writes into BUNDLE; the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("bundle", type=Path)
    parser.add_argument("wordfreq", type=Path, help="the wheel of wordfreq")
    parser.add_argument("--annotations", type=Path, help="folder of CLDR annotations, one folder a language")
    parser.add_argument("--captions", action="append", default=[], metavar="LANGUAGE=FILE")
    options = parser.parse_args()
    try:
        bundle = open_bundle(options.bundle)
        captions = caption_words([entry.split("=", 1) for entry in options.captions])
        levels = {one: levels_of(one, options, captions.get(one, Counter())) for one in ALPHABETS}
        path = save_words(bundle, levels, signs=known_signs(options), license_text=LICENSE)
    except (TwinlensError, OSError, ValueError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    words = WordList(path)
    for language in words.languages:
        print(f"{language}: {len(words.lexicon(language)):,} words")
    print(f"{len(words.signs):,} Chinese, Japanese and Korean characters; {path.stat().st_size:,} bytes in {path}")
    return 0


def levels_of(language: str, options: argparse.Namespace, captions: Counter[str]) -> dict[str, int]:
    """Word → level of one language."""
    levels: dict[str, int] = {}
    rarer: dict[str, int] = {}
    known: dict[str, float] = {}
    for word, frequency in frequencies(options.wordfreq, language):
        word = fold(word)
        if is_word(word, language):
            known.setdefault(word, frequency)
            if language == "en" and len(levels) > COMMON_MISSPELLINGS and is_misspelling(word, frequency, known):
                continue
            of = levels if len(levels) < FREQUENT.get(language, USUAL) else rarer
            of.setdefault(word, level(frequency))
    total = captions.total()
    found = {
        word: max(CAPTION_LEVEL, level(count / total)) for word, count in captions.items() if count >= LEAST_IN_CAPTIONS
    }
    names = emoji_names(options.annotations, language)
    names += imagenet_categories() if language == "en" else []
    named = {word.folded: RAREST for name in names for word in words_of(name)}
    for word, own in [*found.items(), *named.items()]:
        if is_word(word, language):
            levels[word] = min(own, levels.get(word, rarer.get(word, RAREST)))
    return levels


def is_misspelling(word: str, frequency: float, known: dict[str, float]) -> bool:
    """Whether a rare word is a far more frequent one with swapped or doubled letters, or another vowel."""
    parts = [(word[:place], word[place:]) for place in range(len(word) + 1)]
    forms = [one + rest[1] + rest[0] + rest[2:] for one, rest in parts if len(rest) > 1]
    forms += [one + rest[1:] for one, rest in parts if rest and (one.endswith(rest[0]) or rest[0] in VOWELS)]
    forms += [one + one[-1] + rest for one, rest in parts if one]
    forms += [one + vowel + rest for one, rest in parts for vowel in VOWELS]
    forms += [one + vowel + rest[1:] for one, rest in parts if rest.startswith(VOWELS) for vowel in VOWELS]
    return any(known.get(form, 0.0) > MUCH_RARER * frequency for form in forms if form != word)


def level(frequency: float) -> int:
    """A frequency in steps of half a power of ten."""
    return min(RAREST, int(-2 * math.log10(frequency)))


def is_word(word: str, language: str) -> bool:
    """Whether a token is a word of the language's alphabet, not a number, sign or single letter."""
    return alphabet_of(word) == ALPHABETS[language] and (len(word) > 1 or word in ONE_LETTER_WORDS)


def known_signs(options: argparse.Namespace) -> set[str]:
    """The characters of frequent Chinese, Japanese and Korean words, Chinese ones also in their traditional form."""
    signs: set[str] = set()
    for language, most in SIGN_LANGUAGES.items():
        words = [word for word, _ in frequencies(options.wordfreq, language)][:most]
        words += emoji_names(options.annotations, language)
        signs |= {sign for word in words for sign in unicodedata.normalize("NFC", word) if is_written_in_signs(sign)}
    with zipfile.ZipFile(options.wordfreq) as wheel:
        simplified = unpacked(gzip.decompress(wheel.read("wordfreq/data/_chinese_mapping.msgpack.gz")))
    return signs | {
        chr(sign) for sign, simple in simplified.items() if simple in signs and is_written_in_signs(chr(sign))
    }


def frequencies(wheel: Path, language: str) -> Iterator[tuple[str, float]]:
    """Words of wordfreq, most frequent first."""
    with zipfile.ZipFile(wheel) as file:
        names = [f"wordfreq/data/{size}_{language}.msgpack.gz" for size in ("large", "small")]
        name = next(name for name in names if name in file.namelist())
        buckets = unpacked(gzip.decompress(file.read(name)))
    for centibels, words in enumerate(buckets[1:]):
        yield from ((word, 10 ** (-centibels / 100)) for word in sorted(words))


def caption_words(files: list[list[str]]) -> dict[str, Counter[str]]:
    """Language → the words of its captions."""
    found: dict[str, Counter[str]] = {}
    for language, file in files:
        counts = found.setdefault(language, Counter())
        for entry in json.loads(Path(file).read_text(encoding="utf-8")):
            counts.update(word.folded for word in words_of(entry["caption"]))
    return found


def emoji_names(annotations: Path | None, language: str) -> list[str]:
    """The names of emoji in a language."""
    if annotations is None:
        return []
    entries = json.loads((annotations / language / "annotations.json").read_text(encoding="utf-8"))
    pictures = re.compile("[\u2600-\u27bf\U0001f300-\U0001faff]")
    named = entries["annotations"]["annotations"].items()
    return [name for sign, names in named if pictures.search(sign) for name in names.get("tts", [])]


def unpacked(data: bytes) -> Any:
    """The first value of a msgpack file: its arrays, maps, texts and whole numbers are all that wordfreq uses."""
    return _value(data, 0)[0]


def _value(data: bytes, at: int) -> tuple[Any, int]:
    mark, at = data[at], at + 1
    if mark < 0x80:
        return mark, at
    if 0x80 <= mark < 0xC0:
        count, kind = (mark & 0x1F, "text") if mark >= 0xA0 else (mark & 0x0F, "map" if mark < 0x90 else "array")
    else:
        kind, size = _LONG[mark]
        count, at = int.from_bytes(data[at : at + size]), at + size
    if kind == "number":
        return count, at
    if kind == "text":
        return data[at : at + count].decode(), at + count
    values = []
    for _ in range(count * 2 if kind == "map" else count):
        value, at = _value(data, at)
        values.append(value)
    return (dict(zip(values[::2], values[1::2], strict=True)) if kind == "map" else values), at


_LONG = {
    0xCC: ("number", 1), 0xCD: ("number", 2), 0xCE: ("number", 4), 0xD9: ("text", 1), 0xDA: ("text", 2),
    0xDC: ("array", 2), 0xDD: ("array", 4), 0xDE: ("map", 2), 0xDF: ("map", 4),
}  # fmt: skip

if __name__ == "__main__":
    sys.exit(main())
