"""Tables of file name and caption: CSV, TSV, JSON lines; Flickr30k's ``results.csv``, the hub's ``metadata.jsonl``."""

from collections.abc import Sequence
from itertools import chain
from pathlib import Path, PurePosixPath

from twinlens.data.captioned import CaptionedPhotos, Source, gather, note_uncaptioned
from twinlens.data.readers.delimited import delimited_rows, read_header
from twinlens.data.readers.json_lines import SUFFIXES as JSON_LINES
from twinlens.data.readers.json_lines import has_columns, json_line_rows
from twinlens.data.readers.splits_json import read_splits
from twinlens.data.splits import group_splits, split_in_name
from twinlens.data.text_file import start_of_text
from twinlens.errors import DataError

NAMES = ("captions.csv", "captions.tsv", "captions.txt", "captions.jsonl", "results.csv", "results_20130124.csv")
METADATA = ("metadata.jsonl", "metadata.csv")  # the hub's imagefolder: photos lie beside it
SUFFIXES = (".csv", ".tsv", *JSON_LINES)
LOOKED_FOR = (*NAMES, *METADATA, "train/metadata.jsonl", "one *.csv, *.tsv or *.jsonl with columns image and caption")
PACKED = ("*.tar", "*.parquet")  # tables beside these are about them
IMAGE_FOLDERS = ("images", "Images", "flickr30k_images", "flickr30k-images", "Flicker8k_Dataset", "photos")

Row = tuple[str, str, str | None]  # id, split of the table or "", caption


def recognizes(directory: Path) -> list[Path] | None:
    """The tables in a folder, by name and first line: one, or one for each split; None if there are none."""
    named = next((directory / name for name in NAMES if has_captions(directory / name, by_name=True)), None)
    if named:
        return [named]
    found = _metadata(directory) or _other_tables(directory)
    return None if found and any(next(directory.rglob(packed), None) for packed in PACKED) else found


def _other_tables(directory: Path) -> list[Path] | None:
    others = sorted(file for file in directory.glob("*.*") if file.suffix.lower() in SUFFIXES and has_captions(file))
    splits = [split_in_name(file.stem) for file in others]
    is_one_table_a_split = None not in splits and len(set(splits)) == len(splits)
    return others if others and (len(others) == 1 or is_one_table_a_split) else None


def has_captions(table: Path, *, by_name: bool = False) -> bool:
    """Whether a file is a table with columns of images and captions.

    Args:
        table: a file, which may be missing.
        by_name: JSON lines are not looked into.
    """
    if not table.is_file():
        return False
    is_json = table.suffix.lower() in JSON_LINES
    if is_json and by_name:
        return True
    start = start_of_text(table)
    return has_columns(start.partition("\n")[0]) if is_json else read_header(start) is not None


def read_table(source: Source) -> CaptionedPhotos:
    """Photos and captions from tables.

    Columns are found by name (such as image or file_name; caption or comment), the delimiter (comma, semicolon,
    tab or bar) by the header. Splits come from a ``splits.json`` beside the table, else from the names of tables
    or of the folders they are in.

    Raises:
        DataError: a row is malformed; the message gives file and line.
    """
    tables = [source.file] if source.file else recognizes(source.directory)
    if not tables:
        raise DataError(f"{source.directory} contains no table of captions; expected one of {', '.join(LOOKED_FOR)}")
    rows = [row for table in tables for row in _rows(source, table, is_split=len(tables) > 1)]
    ids = list(dict.fromkeys(image_id for image_id, _, _ in rows))
    beside = [""] if tables[0].name in METADATA else []
    folder = source.photo_folder(ids, *beside, *IMAGE_FOLDERS)
    captioned = [(image_id, caption) for image_id, _, caption in rows if caption is not None]
    return source.captioned(gather(folder, captioned), _splits(source, rows))


def _splits(source: Source, rows: Sequence[Row]) -> dict[str, list[str]]:
    splits = read_splits(source.directory) or group_splits(
        dict.fromkeys((image_id, split or None) for image_id, split, _ in rows)
    )
    listed = {image_id for image_id, _, _ in rows}
    captioned = {image_id for image_id, _, caption in rows if caption is not None}
    # a captions file of somebody's choice may be about some photos of the lists only
    kept = captioned if source.file else captioned | (set(chain.from_iterable(splits.values())) - listed)
    return {split: [image_id for image_id in own if image_id in kept] for split, own in splits.items()}


def _rows(source: Source, table: Path, *, is_split: bool) -> Sequence[Row]:
    found = list(json_line_rows(table) if table.suffix.lower() in JSON_LINES else delimited_rows(table))
    note_uncaptioned(sum(caption is None for _, caption in found), table)
    if table.name not in METADATA:
        split = (split_in_name(table.stem) if is_split else None) or ""
        return [(name, split, caption) for name, caption in found]
    is_inside = table.is_relative_to(source.directory)
    inside = table.parent.relative_to(source.directory) if is_inside and not source.file else Path()
    named = [((PurePosixPath(inside.as_posix()) / name).as_posix(), caption) for name, caption in found]
    return [(name, split_in_name(*PurePosixPath(name).parts[:-1]) or "", caption) for name, caption in named]


def _metadata(directory: Path) -> list[Path] | None:
    for base in (directory, directory / "data"):
        folders = sorted(folder for folder in base.glob("*/") if folder.is_dir() and split_in_name(folder.name))
        for places in (folders, [base]):
            found = [next((place / name for name in METADATA if has_captions(place / name)), None) for place in places]
            if tables := [table for table in found if table]:
                return tables
    return None
