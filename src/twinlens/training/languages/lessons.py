"""What a text tower is taught: captions of photos in many languages, and texts whose place is known."""

import csv
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from twinlens.errors import DataError
from twinlens.types import CaptionedImage

ENGLISH = "en"


@dataclass(frozen=True)
class TaughtText:
    """A text without a photo.

    Attributes:
        text: in any language.
        english: what it means; the model's own tower says where that lies.
    """

    text: str
    english: str


@dataclass
class Lessons:
    """Everything a tower is taught.

    Attributes:
        captions: language → image id → captions of that photo; ``en`` has all photos.
        sentences: English captions of photos that are not at hand.
        words: words and short phrases of all languages.
        labels: names of things that a classifier knows, in English.
    """

    captions: dict[str, dict[str, list[str]]]
    sentences: Sequence[str] = ()
    words: Sequence[TaughtText] = ()
    labels: Sequence[str] = field(default_factory=list)

    @property
    def photos(self) -> list[str]:
        """Image ids of all photos with English captions."""
        return list(self.captions[ENGLISH])

    @property
    def has_texts(self) -> bool:
        """Whether there are texts without a photo."""
        return bool(self.sentences or self.words or self.labels)

    def english(self) -> list[str]:
        """Every English text that the model's own tower is asked about, without repetitions."""
        own = (text for texts in self.captions[ENGLISH].values() for text in texts)
        return list(
            dict.fromkeys([*own, *(word.english for word in self.words), *map(prompt, self.labels), *self.sentences])
        )


def prompt(label: str) -> str:
    """The sentence that a label stands in, as in the distillation of the image tower.

    >>> prompt("tench")
    'a photo of a tench'
    """
    return f"a photo of a {label}"


def read_captions(photos: Iterable[CaptionedImage], translations: Path | None) -> dict[str, dict[str, list[str]]]:
    """Captions by language and photo.

    Args:
        photos: with English captions.
        translations: a folder with files such as ``de_described.train.json``: the language's code, a name, the
            split, and ``[{"file_name": …, "caption": …}]`` of the same photos. Only those of ``train`` are read.

    Raises:
        DataError: a file is not readable.
    """
    captions: dict[str, dict[str, list[str]]] = {
        ENGLISH: {photo.image_id: list(photo.captions) for photo in photos if photo.captions}
    }
    for path in sorted(translations.glob("*.train.json")) if translations else []:
        language = path.name.split(".")[0].split("_")[0]
        own = captions.setdefault(language, {})
        for image_id, caption in _rows(path):
            if image_id in captions[ENGLISH] and caption:
                own.setdefault(image_id, []).append(caption)
    return captions


def read_sentences(paths: Iterable[Path]) -> list[str]:
    """The captions in files of ``[{"caption": …}]``, without repetitions."""
    return list(dict.fromkeys(caption for path in paths for _, caption in _rows(path) if caption))


def read_words(path: Path) -> list[TaughtText]:
    """Rows of a table with the columns language, word, english, separated by tabs.

    Raises:
        DataError: a row has another number of columns.
    """
    words = []
    with path.open(encoding="utf-8", newline="") as file:
        for number, row in enumerate(csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE), start=1):
            if len(row) != 3:
                raise DataError(f"{path}, line {number}: expected language, word and english, got {len(row)} columns")
            words.append(TaughtText(row[1], row[2]))
    return words


def _rows(path: Path) -> list[tuple[str, str]]:
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))
        return [(row.get("file_name", ""), row["caption"].strip()) for row in rows]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise DataError(f"{path} must be a list of {{file_name, caption}}, got {error!r}") from error
