"""XTD-10: a thousand photos of COCO, and ``test_1kcaptions_de.txt`` … with a caption for each."""

import re
from pathlib import Path

from twinlens.data.captioned import CaptionedPhotos, Source
from twinlens.data.readers.multilingual.spoken import gather_spoken, lines_of, one_a_photo
from twinlens.errors import DataError

NAMES = "test_image_names.txt"
LOOKED_FOR = (f"{NAMES} with test_1kcaptions_*.txt",)
FOLDERS = ("", "XTD10", "MIC", "STAIR")  # of its repository: translations of several projects
PARTS = ("train2014", "val2014")  # in COCO's file names, and of its folders
_LANGUAGES = {"jp": "ja"}  # a country's code instead of the language's
_CAPTIONS = re.compile(r"test_1kcaptions_([a-z]{2,3})\.txt")


def recognizes(directory: Path) -> Path | None:
    """The list of photos; None if there is none."""
    return next((file for folder in FOLDERS if (file := directory / folder / NAMES).is_file()), None)


def read_xtd(source: Source) -> CaptionedPhotos:
    """Photos with one caption in each language; all are the test split.

    Raises:
        DataError: a file has more or fewer captions than there are photos, or no photos are found.
    """
    names = recognizes(source.directory)
    files = _caption_files(source.directory)
    if names is None or not files:
        raise DataError(f"{source.directory} is not XTD: it needs {NAMES} and test_1kcaptions_de.txt …")
    images = [name.strip() for name in lines_of(names)]
    rows = [
        row for language, file in files.items() for row in one_a_photo(images, lines_of(file), language, file, names)
    ]
    photos = gather_spoken(rows, _places(source, images), names)
    return source.captioned(photos, {"test": [photo.image_id for photo in photos]})


def _caption_files(directory: Path) -> dict[str, Path]:
    """Language → file."""
    files = (file for folder in FOLDERS for file in (directory / folder).glob("test_1kcaptions_*.txt"))
    found = {match[1]: file for file in files if (match := _CAPTIONS.fullmatch(file.name))}
    return dict(sorted((_LANGUAGES.get(code, code), file) for code, file in found.items()))


def _places(source: Source, images: list[str]) -> dict[str, Path]:
    """Name → file; COCO keeps its two halves in folders of their own."""
    places: dict[str, Path] = {}
    for part in (*PARTS, ""):
        own = [name for name in images if name not in places and part in name]
        below = source.find_photos([f"{part}/{name}" for name in own], "images") if part and own else None
        if own:
            folder = (
                below / part if below else source.photo_folder(own, *filter(None, (part, f"images/{part}")), "images")
            )
            places |= {name: folder / name for name in own}
    return places
