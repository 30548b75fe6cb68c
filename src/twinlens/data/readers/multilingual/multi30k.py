"""Multi30k: ``test_2016_flickr.de`` … with a caption a line, and lists of the photos of Flickr30k."""

import logging
import re
from pathlib import Path

from twinlens.data.captioned import CaptionedPhotos, Source
from twinlens.data.readers.multilingual.spoken import Spoken, gather_spoken, lines_of, one_a_photo
from twinlens.errors import DataError

logger = logging.getLogger(__name__)
LOOKED_FOR = ("test_2016_flickr.en",)
# of its repository; the second task has five captions a photo
FOLDERS = ("", "raw", "data/task1/raw", "data/task2/raw")
TEST = "test_2016"  # what papers call the test split; later ones keep their names
IMAGE_FOLDERS = ("images", "flickr30k-images", "flickr30k_images")
_CAPTIONS = re.compile(r"((?:train|val|test_\d{4})(?:_[a-z]+)?)(?:\.\d)?\.([a-z]{2})(?:\.gz)?")


def recognizes(directory: Path) -> list[Path] | None:
    """The files of captions, in the first folder that has some; None if there are none."""
    for folder in (directory / own for own in FOLDERS):
        if any(_CAPTIONS.fullmatch(file.name) for file in folder.glob("test_2016*.*")):
            files = sorted(file for file in folder.iterdir() if _CAPTIONS.fullmatch(file.name))
            return [file for file in files if file.suffix != ".gz" or not file.with_suffix("").is_file()]
    return None


def read_multi30k(source: Source) -> CaptionedPhotos:
    """Photos with captions in each language; ``test_2016_flickr`` is the test split, later tests keep their names.

    Raises:
        DataError: there is no list of photos, or one does not fit its captions, or no photos are found.
    """
    files = recognizes(source.directory)
    if files is None:
        raise DataError(f"{source.directory} is not Multi30k: it needs test_2016_flickr.en, .de …")
    lists = _lists(files, source.directory)
    images = {part: _photos_in(file) for part, file in lists.items()}
    places: dict[str, Path] = {}
    for part, names in images.items():
        folder = source.photo_folder(names, part, f"images/{part}", *IMAGE_FOLDERS)
        places |= {name: folder / name for name in names}
    rows: list[Spoken] = []
    for file in files:
        part, language = _part_of(file)
        if part in lists:
            rows += one_a_photo(images[part], lines_of(file), language, file, lists[part])
    photos = gather_spoken(rows, places, source.directory)
    known = {photo.image_id for photo in photos}
    splits = {
        "test" if part.startswith(TEST) else part: [name for name in names if name in known]
        for part, names in images.items()
    }
    return source.captioned(photos, splits)


def _lists(files: list[Path], directory: Path) -> dict[str, Path]:
    """Part → the list of its photos; parts without one are left out, with a warning."""
    found: dict[str, Path] = {}
    parts = dict.fromkeys(_part_of(file)[0] for file in files)
    for part in parts:
        if file := _list_of(part, files[0].parent, directory):
            found[part] = file
        else:
            logger.warning("%s has captions of %s, but no %s.txt lists its photos; left out", directory, part, part)
    if not found:
        first = next(iter(parts))
        raise DataError(
            f"{directory} has captions of {', '.join(parts)}, but no lists of their photos, such as {first}.txt "
            "beside them or in image_splits"
        )
    return found


def _photos_in(file: Path) -> list[str]:
    """Names of photos; that of a COCO photo is followed by the number of the caption."""
    return [line.split("#")[0].strip() for line in lines_of(file)]


def _part_of(file: Path) -> tuple[str, str]:
    match = _CAPTIONS.fullmatch(file.name)
    assert match
    return match[1], match[2]


def _list_of(part: str, folder: Path, directory: Path) -> Path | None:
    """The list of a part's photos, beside its captions or in ``image_splits``; None if there is none."""
    places = (folder, folder.parent / "image_splits", directory / "image_splits", directory)
    wanted = [place / f"{part}{end}" for place in places for end in (".txt", "_images.txt")]
    return next((file for file in wanted if file.is_file()), None)
