"""How often built-in descriptions and suggested tags are right, by what people have written about the photos.

    scripts/describing.py --data FOLDER [--split val]
    scripts/describing.py --data FOLDER --classes

A description is right if each of its words is in a caption of its photo, as it is or in other words of
benchmarks/quality/same_words.txt; so is a tag. People do not write all they see, so more is right than is counted.
With --classes, the folder has a classes.json; its classes are the labels, and right is the photo's own.
"""

import argparse
import re
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from twinlens import api
from twinlens.collection.describing.labels import Label
from twinlens.collection.describing.suggesting import EverydaySuggester, LabelSuggester
from twinlens.collection.describing.text_vectors import embed_texts, kept_vectors
from twinlens.data.find import open_dataset
from twinlens.data.readers.classes_json import ClassifiedImages, read_classes
from twinlens.embedding.local import embed_photos
from twinlens.errors import TwinlensError
from twinlens.evaluation.pairs import captioned_photos
from twinlens.everyday.agreement import GRADES, SAYS_NOTHING, Agreement
from twinlens.everyday.descriptions import descriptions
from twinlens.everyday.tags import everyday_tags
from twinlens.protocols import DualEncoder
from twinlens.relevance.background import everyday_texts
from twinlens.types import CaptionedImage

SAME = Path(__file__).resolve().parent.parent / "benchmarks" / "quality" / "same_words.txt"
COLOURS = frozenset("black white red blue yellow green brown orange pink purple small old".split())
_ENDING = re.compile(r"(?<=\w{3})(?:ing|es|s|ed|er)$")


def main() -> int:
    """Measures one data set; the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="captioned photos, in any format that is read")
    parser.add_argument("--split", default="all")
    parser.add_argument("--classes", action="store_true", help="photos with classes instead of captions")
    parser.add_argument("--model", default="default")
    options = parser.parse_args()
    try:
        encoder = api.models.load_model(options.model)
        print(f"{options.data.name}/{options.split}")
        if options.classes:
            of_classes(encoder, read_classes(options.data))
        else:
            of_captions(encoder, captioned_photos(open_dataset(options.data), options.split))
    except TwinlensError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


def of_captions(encoder: DualEncoder, images: Sequence[CaptionedImage]) -> None:
    """Descriptions, built-in tags, and many words as labels."""
    photos, _, kept, _ = embed_photos([image.path for image in images], encoder)
    same, texts = same_words(), descriptions()
    rows = kept_vectors(texts, encoder)
    agreement, suggester = Agreement(texts), EverydaySuggester(everyday_tags(), rows)
    words = [set(re.findall(r"\w+", " ".join(image.captions).lower())) for image in (images[row] for row in kept)]
    first, nearest, later, tags, of_labels = Tally(), Tally(), Tally(), Tally(), Tally()
    for scores, written in zip((photos @ rows.T).astype(np.float64), words, strict=True):
        nearest.add(None, share_said(texts[int(np.argmax(scores))], written, same))
        worth, probability = agreement.judge(scores)
        chosen = agreement.different(np.argsort(-worth, kind="stable"), 5)
        for row, grade in zip(chosen, GRADES.grades(probability[chosen]), strict=True):
            (first if row == chosen[0] else later).add(grade, share_said(texts[row], written, same))
    for suggested, written in zip(suggester.suggest(photos), words, strict=True):
        for one in suggested:
            tags.add(one.grade, share_said(one.tag, written, same))
    labels = everyday_words(texts)
    for suggested, written in zip(label_suggester(encoder, labels).suggest(photos), words, strict=True):
        for one in suggested:
            of_labels.add(one.grade, share_said(one.tag, written, same))
    for what, tally in (
        ("first description", first),
        ("the one with the best score", nearest),
        ("later descriptions", later),
        ("tags", tags),
        (f"{len(labels)} everyday words as labels", of_labels),
    ):
        tally.show(what)


def of_classes(encoder: DualEncoder, images: ClassifiedImages) -> None:
    """Labels of a file."""
    photos, _, kept, _ = embed_photos(images.paths, encoder)
    names = images.class_names
    tally = Tally()
    for row, suggested in zip(kept, label_suggester(encoder, names).suggest(photos), strict=True):
        for one in suggested:
            tally.add(one.grade, float(one.tag == names[images.labels[row]]))
    tally.show(f"labels, {len(names)} classes")


def label_suggester(encoder: DualEncoder, names: Sequence[str]) -> LabelSuggester:
    """Suggests labels, each searched by its name."""
    phrases = embed_texts(names, encoder)
    judge = encoder.relevance()
    if judge is None:
        raise TwinlensError(f"the model {encoder.name} has no calibration; give another one with --model")
    return LabelSuggester(
        [Label(name, (name,)) for name in names],
        phrases,
        [judge.judge(row, "text") for row in phrases],
        everyday=kept_vectors(everyday_texts(), encoder),
    )


def everyday_words(texts: Sequence[str]) -> list[str]:
    """The words of the descriptions, as a long list of labels."""
    words = {word for text in texts for word in re.findall(r"\w+", text.lower())}
    return sorted(words - SAYS_NOTHING - COLOURS)


class Tally:
    """Counts what is right, by grade."""

    def __init__(self) -> None:
        self._count: Counter[str] = Counter()
        self._whole: Counter[str] = Counter()
        self._words: Counter[str] = Counter()

    def add(self, grade: str | None, share: float) -> None:
        """One text, and the share of its words that are right."""
        for key in ("all", grade or "no grade"):
            self._count[key] += 1
            self._whole[key] += share == 1
            self._words[key] += share  # type: ignore[assignment]

    def show(self, what: str) -> None:
        """Prints a line for each grade."""
        for key in ("strong", "likely", "possible", "no grade", "all"):
            if count := self._count[key]:
                whole, words = self._whole[key] / count, self._words[key] / count
                print(f"{what} | {key} | {count:,} | {whole:.0%} right | {words:.0%} of the words")


def share_said(text: str, written: set[str], same: dict[str, set[str]]) -> float:
    """Share of the words of a text that people have written."""
    stems = {stem(word) for word in written}
    said = [word for word in re.findall(r"\w+", text.lower()) if word not in SAYS_NOTHING | COLOURS]
    right = [word in written or stem(word) in stems or bool(same.get(word, set()) & written) for word in said]
    return float(np.mean(right)) if right else 1.0


def same_words() -> dict[str, set[str]]:
    """What confirms each word."""
    lines: Iterable[str] = SAME.read_text(encoding="utf-8").splitlines()
    pairs = (line.split(":") for line in lines if not line.startswith("#"))
    return {word: set(others.split()) for word, others in pairs}


def stem(word: str) -> str:
    """A word without its ending."""
    bare = _ENDING.sub("", word).rstrip("e")
    return bare[:-1] if len(bare) > 3 and bare[-1] == bare[-2] else bare


if __name__ == "__main__":
    sys.exit(main())
