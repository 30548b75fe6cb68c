"""Visual Genome: region descriptions as captions, ``region_descriptions.json`` + ``image_data.json``."""

from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import unquote, urlsplit

from twinlens.data.captioned import CaptionedPhotos, Source, check_below
from twinlens.data.readers.json_file import read_json
from twinlens.errors import DataError
from twinlens.types import CaptionedImage

NAME = "region_descriptions.json"
IMAGE_DATA = "image_data.json"
LOOKED_FOR = (NAME,)


def recognizes(directory: Path) -> Path | None:
    """The file of region descriptions in a folder; None if there is none."""
    return directory / NAME if (directory / NAME).is_file() else None


def read_visual_genome(source: Source) -> CaptionedPhotos:
    """Photos with the phrases of their regions, each phrase once per photo; split at random.

    A photo's id is the folder and file name in its URL in ``image_data.json``, such as
    ``VG_100K_2/1.jpg``. Photos without phrases are left out.

    Raises:
        DataError: an entry is incomplete, or a folder of photos is missing.
    """
    file = source.file or source.directory / NAME
    names = _names(file.with_name(IMAGE_DATA))
    folders: dict[str, Path] = {}
    photos: list[CaptionedImage] = []
    # 5.4 million regions: only the phrase of each is kept while the file is read
    for number, entry in enumerate(_entries(file, read_json(file, keep=_phrase))):
        try:
            image_id = names[entry["id"]]
            phrases = dict.fromkeys(phrase.strip() for phrase in entry["regions"] if phrase.strip())
        except (TypeError, KeyError, AttributeError) as error:
            wanted = f"an id of {IMAGE_DATA} and regions with phrases"
            raise DataError(f"{file}, entry {number}: {error!r}; expected {wanted}") from error
        part, name = image_id.parent.name, image_id.name
        if part not in folders:
            folders[part] = _folder(source, part)
        if phrases:
            photos.append(CaptionedImage(image_id.as_posix(), folders[part] / name, tuple(phrases)))
    return source.captioned(photos)


def _phrase(entry: dict[str, Any]) -> Any:
    return entry.get("phrase", entry)


def _names(file: Path) -> dict[Any, PurePosixPath]:
    names: dict[Any, PurePosixPath] = {}
    for number, entry in enumerate(_entries(file, read_json(file))):
        try:
            address = PurePosixPath(unquote(urlsplit(entry["url"]).path))
            names[entry["image_id"]] = PurePosixPath(check_below("/".join(address.parts[-2:]).lstrip("/")))
        except (TypeError, KeyError, ValueError, AttributeError) as error:
            raise DataError(f"{file}, entry {number}: {error!r}; expected image_id and url") from error
    return names


def _folder(source: Source, part: str) -> Path:
    if source.images:
        inside = source.images / part
        return inside if part and inside.is_dir() else source.images
    return source.image_folder(*(name for name in (part, f"images/{part}", "images") if name))


def _entries(file: Path, data: Any) -> list[Any]:
    if not isinstance(data, list):
        raise DataError(f"{file}: expected a list, as in Visual Genome's files, got {type(data).__name__}")
    return data
