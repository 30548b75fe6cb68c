"""Cut the vocabulary of multilingual-e5-small to the languages that are served, for ``scripts/languages.py``.

Kept are the pieces that make up 98 % of each language's words as they are used (PyPI package wordfreq), the pieces
that captions and words use at least twice, and every single character among them:

    python scripts/language_pieces.py --texts words.tsv captions.json … --out runs/languages/tokenizer.json
"""

import argparse
import json
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from tokenizers import Tokenizer
from wordfreq import get_frequency_dict

from twinlens.training.parts.text_towers.e5_small import cut_tokenizer, open_e5

LANGUAGES = "en de fr es it pt nl pl cs ru uk tr ar hi vi zh ja ko".split()
UNSPACED = ("zh", "ja")  # a word may stand inside a run of text
WORDS = 40_000  # of each language, the most frequent ones
COVERED = 0.98
AT_ONCE = 20_000


def main() -> None:
    """Writes the tokenizer."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--texts", type=Path, nargs="*", default=[], help="captions (JSON) and words (TSV)")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    file = open_e5()
    whole = cut_tokenizer(file, range(len(file.pieces)))
    kept = {piece for language in LANGUAGES for piece in frequent_pieces(whole, language)}
    kept |= used_pieces(whole, _texts(options.texts))
    letters = {letter for piece in kept for letter in file.pieces[piece]}
    kept |= {number for number, piece in enumerate(file.pieces) if len(piece) == 1 and piece in letters}
    options.out.write_text(cut_tokenizer(file, kept).to_str(pretty=False), encoding="utf-8")
    print(f"{len(kept):,} of {len(file.pieces):,} pieces in {options.out}")


def frequent_pieces(tokenizer: Tokenizer, language: str) -> set[int]:
    """The fewest pieces that make up ``COVERED`` of a language's text."""
    frequencies = get_frequency_dict(language, wordlist="best")
    words = sorted(frequencies, key=frequencies.__getitem__, reverse=True)[:WORDS]
    mass: Counter[int] = Counter()
    for word, encoding in zip(words, tokenizer.encode_batch(words), strict=True):
        mass.update(dict.fromkeys(encoding.ids[1:-1], frequencies[word]))
    if language in UNSPACED:
        for word, encoding in zip(words, tokenizer.encode_batch(["的" + word for word in words]), strict=True):
            mass.update(dict.fromkeys(encoding.ids[2:-1], frequencies[word]))
    pieces, covered, whole = set(), 0.0, sum(mass.values())
    for piece, share in mass.most_common():
        if covered >= COVERED * whole:
            break
        pieces.add(piece)
        covered += share
    return pieces


def used_pieces(tokenizer: Tokenizer, texts: list[str]) -> set[int]:
    """Pieces that the texts use at least twice."""
    counts: Counter[int] = Counter()
    for start in range(0, len(texts), AT_ONCE):
        for encoding in tokenizer.encode_batch(texts[start : start + AT_ONCE]):
            counts.update(encoding.ids)
    return {piece for piece, count in counts.items() if count > 1}


def _texts(paths: Iterable[Path]) -> list[str]:
    texts: list[str] = []
    for path in paths:
        content = path.read_text(encoding="utf-8")
        if path.suffix == ".tsv":
            texts += [line.split("\t")[1] for line in content.splitlines()]
        else:
            texts += [row["caption"] for row in json.loads(content)]
    return texts


if __name__ == "__main__":
    main()
