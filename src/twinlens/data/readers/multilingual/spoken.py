"""Captions with their languages, gathered by photo."""

import gzip
import zlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from twinlens.data.captioned import caption_of, check_below, note_uncaptioned
from twinlens.data.text_file import TextDecoder
from twinlens.errors import DataError
from twinlens.types import CaptionedImage


class Spoken(NamedTuple):
    """A photo's name, a language and what is said in it; the caption may be missing."""

    image: str
    language: str
    caption: object


def gather_spoken(rows: Iterable[Spoken], paths: Mapping[str, Path], source: object) -> list[CaptionedImage]:
    """Groups rows by photo, in order of first appearance; those without a caption are left out and counted.

    Args:
        rows: of the whole data set.
        paths: name → file.
        source: for the note in the log.

    Raises:
        DataError: a name is not below the folder of photos, or a caption is no text.
    """
    found: dict[str, list[tuple[str, str]]] = {}
    n_empty = 0
    for row in rows:
        try:
            if caption := caption_of(row.caption):
                found.setdefault(check_below(row.image), []).append((row.language, caption))
            else:
                n_empty += 1
        except (ValueError, TypeError) as error:
            raise DataError(f"{source}: {error}") from error
    note_uncaptioned(n_empty, source)
    return [
        CaptionedImage(name, paths[name], tuple(text for _, text in own), languages=tuple(spoken for spoken, _ in own))
        for name, own in found.items()
    ]


def lines_of(file: Path) -> list[str]:
    """A file's lines, one a photo; an empty one keeps its place. Those that end in .gz are unpacked.

    Raises:
        DataError: it cannot be read, or is no text.
    """
    try:
        data = gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes()
        text = TextDecoder().decode(data, file)
    except (OSError, EOFError, zlib.error, ValueError) as error:
        raise DataError(f"{file} cannot be read: {error}") from error
    return text.replace("\r\n", "\n").removesuffix("\n").split("\n")


def one_a_photo(images: list[str], captions: list[str], language: str, file: Path, names: Path) -> list[Spoken]:
    """The captions of a file in the order of a list of photos.

    Raises:
        DataError: there are more or fewer of them.
    """
    if len(images) != len(captions):
        raise DataError(
            f"{file} has {len(captions):,} captions, but {names} lists {len(images):,} photos; one line each is wanted"
        )
    return [Spoken(image, language, caption) for image, caption in zip(images, captions, strict=True)]
