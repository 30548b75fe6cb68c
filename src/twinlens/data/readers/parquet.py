"""Parquet files with captions and photos (or paths of photos), as on the Hugging Face hub."""

import re
from collections.abc import Iterator
from pathlib import Path, PurePath
from typing import Any, NamedTuple

from twinlens.data.captioned import CaptionedPhotos, Source, caption_of, check_below
from twinlens.data.images import PHOTO_SUFFIXES
from twinlens.data.parquet_file import has_field, open_parquet, photo_column, read_columns
from twinlens.data.splits import group_splits, split_in_name
from twinlens.errors import DataError
from twinlens.types import CaptionedImage

CAPTION_COLUMNS = ("captions", "caption", "sentences", "text", "texts", "raw")
PATH_COLUMNS = ("file_name", "filename", "image_name", "image_path", "image", "path")
SPLIT_COLUMN = "split"
LOOKED_FOR = ("*.parquet",)
_NUMBERED = re.compile(r"captions?_?\d+")  # caption_0 … caption_4


class _Columns(NamedTuple):
    """Column names of a file; None for columns that it lacks."""

    photo: str | None  # plain bytes, or a struct with bytes
    name: str | None  # file names: the ids, and without bytes also the paths below images/
    captions: list[str]
    split: str | None
    inner_path: bool  # the struct has a path as well


class _Row(NamedTuple):
    image_id: str
    place: str  # file and row, the id when there is no file name
    path: Path
    captions: list[str]
    split: str | None
    is_named: bool  # has a file name column, so that rows with the same name are one photo


def recognizes(directory: Path) -> list[Path] | None:
    """The Parquet files in a folder and its subfolders, in order; None if there are none."""
    return sorted(file for file in directory.rglob("*.parquet") if file.is_file()) or None


def read_parquet(source: Source) -> CaptionedPhotos:
    """Photos and captions from Parquet files; embedded photos are not extracted.

    Photos are a column of bytes (plain, or a struct with bytes and path), or paths below images/.
    Captions are strings, lists of strings or numbered columns; rows with the same file name are one photo.
    The split comes from a column, else from the name of the file or its folder.

    Raises:
        DataError: pyarrow is not installed, a file cannot be read, or the columns are missing.
    """
    files = [source.file] if source.file else recognizes(source.directory)
    if not files:
        raise DataError(f"{source.directory} contains no .parquet files")
    paths: dict[str, Path] = {}
    captions: dict[str, list[str]] = {}
    splits: dict[tuple[str, str | None], None] = {}
    for file in files:
        for row in _rows(source, file):
            if row.captions:
                is_other = row.image_id in captions and not row.is_named  # some files call every photo "image.jpg"
                image_id = row.place if is_other else row.image_id
                paths.setdefault(image_id, row.path)
                captions.setdefault(image_id, []).extend(row.captions)
                splits[image_id, row.split] = None
    photos = [CaptionedImage(image_id, paths[image_id], tuple(own)) for image_id, own in captions.items()]
    return source.captioned(photos, group_splits(splits))


def _rows(source: Source, file: Path) -> Iterator[_Row]:
    inside = file.relative_to(source.directory) if file.is_relative_to(source.directory) else Path(file.name)
    split = split_in_name(*reversed(inside.parts))
    columns = _columns(file)
    folder = file if columns.photo else source.image_folder("images", "Images", "photos")
    wanted = [*columns.captions, *(name for name in (columns.name, columns.split) if name)]
    if columns.inner_path:
        wanted.append(f"{columns.photo}.path")
    for number, row in enumerate(read_columns(file, wanted)):
        stored = row[str(columns.photo)] if columns.inner_path else {}
        name = row[columns.name] if columns.name else (stored or {}).get("path")
        if stored is None or (not name and not columns.photo):
            continue  # a row without a photo
        try:
            suffix = PurePath(name or "").suffix.lower()
            member = f"{number}{suffix if suffix in PHOTO_SUFFIXES else '.jpg'}"
            place = f"{inside.as_posix()}/{member}"
            image_id = check_below(name) if name else place
            path = folder / (member if columns.photo else image_id)
            own_split = split_in_name(row[columns.split] or "") if columns.split else None
        except (TypeError, ValueError, AttributeError) as error:
            raise DataError(f"{file}, row {number}: {error}") from error
        yield _Row(image_id, place, path, _texts(row, columns.captions), own_split or split, columns.name is not None)


def _columns(file: Path) -> _Columns:
    with open_parquet(file) as opened:
        schema = opened.schema_arrow
    names: list[str] = schema.names
    photo = photo_column(schema)
    name = next((name for name in PATH_COLUMNS if name in names and name != photo), None)
    captions = [name for name in CAPTION_COLUMNS if name in names][:1]
    captions = captions or sorted(name for name in names if _NUMBERED.fullmatch(name))
    if not captions or (photo is None and name is None):
        wanted = "photos (image, or file_name with images/) and captions (caption, captions, sentences or text)"
        raise DataError(f"{file}: expected columns of {wanted}, got {', '.join(names)}")
    inner_path = photo is not None and has_field(schema.field(photo).type, "path")
    return _Columns(photo, name, captions, SPLIT_COLUMN if SPLIT_COLUMN in names else None, inner_path)


def _texts(row: dict[str, Any], columns: list[str]) -> list[str]:
    found: list[str] = []
    for column in columns:
        value = row[column]
        for text in value if isinstance(value, list) else [value]:
            raw = text.get("raw") if isinstance(text, dict) else text
            if isinstance(raw, str) and (caption := caption_of(raw)):
                found.append(caption)
    return found
