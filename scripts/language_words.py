"""Words and short phrases of many languages with their English meaning, for ``scripts/languages.py``.

Names of emoji from Unicode's CLDR (npm package cldr-annotations-modern, Unicode licence) and words from FreeDict's
dictionaries (Debian packages dict-freedict-eng-*, GPL), as a table of language, word and English:

    python scripts/language_words.py --annotations package/annotations --dictionaries usr/share/dictd \\
        --sentences en_coco_text_only.json en_flickr30k_text_only.json --out runs/languages/words.tsv
"""

import argparse
import gzip
import json
import random
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from twinlens.training.languages.lessons import read_sentences

LANGUAGES = "de fr es it pt nl pl cs ru uk tr ar hi vi zh ja ko sv da".split()
DICTIONARIES = {
    "spa": "es", "fra": "fr", "deu": "de", "ita": "it", "por": "pt", "nld": "nl", "pol": "pl", "rus": "ru",
    "tur": "tr", "ara": "ar", "hin": "hi", "swe": "sv", "dan": "da",
}  # fmt: skip
MOST = 6000  # words of one dictionary; the German one has 110,000
OFTEN = 5  # a word must stand in this many captions, so that it can be seen
SIGNS = re.compile(
    r"skin tone|sign|symbol|arrow|button|square|bracket|letter|mark|quotation|punctuation|bullet|currency|circle|"
    r"hair component|minus|plus|operator|integral|equal|greater|less than|up to|subset|superset|dash|fraction|dagger|"
    r"comma|period|middle dot|"
    r"clock|thirty|flag:|variation|joiner|geometric|intersection|union|prime|diaeresis|caron|accent|diamond|box|not|"
    r"infinity|paragraph|ellipsis|slash|hyphen",
    re.IGNORECASE,
)
FIRST_PICTURE = 0x2190  # code points below are letters, digits and punctuation
ASIDES = re.compile(r"\(.*?\)|\[.*?\]|<.*?>|\{.*?\}|/.*?/")
HEAD_WORD = re.compile(r"^([a-z][a-z '-]*?) /[^/]+/")
NUMBERING = re.compile(r"^(I\.)?\s*(\d+\.)?\s*")
LITTLE_WORDS = frozenset("a an the of to in on at is are be with and or for by as it its this that from up".split())


def main() -> None:
    """Writes the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--annotations", type=Path, required=True, help="folder of CLDR's annotations by language")
    parser.add_argument("--dictionaries", type=Path, required=True, help="folder of freedict-eng-*.dict.dz")
    parser.add_argument("--sentences", type=Path, nargs="+", required=True, help="English captions")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    counts = Counter(word for text in read_sentences(options.sentences) for word in re.findall("[a-z]+", text.lower()))
    rows = list(emoji_names(options.annotations))
    for code, language in DICTIONARIES.items():
        text = gzip.decompress((options.dictionaries / f"freedict-eng-{code}.dict.dz").read_bytes()).decode("utf-8")
        words = [(word, english) for word, english in translations(text.splitlines()) if is_seen(english, counts)]
        random.Random(14).shuffle(words)
        rows += [(language, word, english) for word, english in words[:MOST]]
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text("".join("\t".join(row) + "\n" for row in dict.fromkeys(rows)), encoding="utf-8")
    print(f"{len(rows):,} words in {options.out}")


def emoji_names(folder: Path) -> Iterator[tuple[str, str, str]]:
    """Language, name and English name of every emoji that shows a thing."""
    english = {sign: name for sign, name in _names(folder, "en").items() if is_picture(sign, name)}
    for name in english.values():
        yield "en", name, name
    for language in LANGUAGES:
        own = _names(folder, language)
        for sign, name in english.items():
            if sign in own:
                yield language, own[sign], name


def is_picture(sign: str, name: str) -> bool:
    """Whether a sign shows a thing, rather than being a sign only.

    >>> is_picture("🦒", "giraffe"), is_picture("➡", "right arrow")
    (True, False)
    """
    return ord(sign[0]) > FIRST_PICTURE and not SIGNS.search(name)


def translations(lines: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Word and English of a dictionary's entries: the head line, then the first translation.

    >>> list(translations(["dog /dɔg/", "perro, can", "doll /dɔl/ <N>", "1. muñeca (f)"]))
    [('perro', 'dog'), ('muñeca', 'doll')]
    """
    for place, line in enumerate(lines[:-1]):
        if (head := HEAD_WORD.match(line)) is None:
            continue
        for following in lines[place + 1 : place + 4]:
            if following.strip() and not following.startswith(("(", "[", "<", "Synonym", "see:")):
                word = re.split("[,;]", NUMBERING.sub("", ASIDES.sub("", following).replace("~", " ")))[0].strip(' "')
                if 0 < len(word) < 40 and not word[0].isdigit():
                    yield word, head.group(1).strip()
                break


def is_seen(english: str, counts: Counter[str]) -> bool:
    """Whether captions use these words."""
    return english not in LITTLE_WORDS and all(counts[word] >= OFTEN for word in re.findall("[a-z]+", english))


def _names(folder: Path, language: str) -> dict[str, str]:
    fields = json.loads((folder / language / "annotations.json").read_text(encoding="utf-8"))
    return {sign: own["tts"][0] for sign, own in fields["annotations"]["annotations"].items() if own.get("tts")}


if __name__ == "__main__":
    main()
