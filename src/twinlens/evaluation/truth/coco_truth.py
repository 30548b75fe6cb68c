"""Right answers for COCO's test split by the ids of COCO: Crisscrossed Captions and ECCV Caption."""

import csv
import io
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from twinlens.data.readers.json_file import read_json
from twinlens.data.text_file import read_text_file
from twinlens.errors import DataError

CXC_COLUMNS = ("caption", "image", "agg_score")
CXC_POSITIVE = 3.0  # of 5; the pairs from here on are those of cxc_image_to_caption.json, as papers rank them
BOTH_WAYS = ("image_to_caption", "caption_to_image")
_PHOTO_NUMBER = re.compile(r"(\d+)(?:\.[A-Za-z]+)?$")


@dataclass(frozen=True)
class CocoTruth:
    """Right answers by query.

    Attributes:
        name: of the file.
        photos_of_caption: id of a caption → ids of its photos.
        captions_of_photo: id of a photo → ids of its captions.
    """

    name: str
    photos_of_caption: Mapping[int, list[int]]
    captions_of_photo: Mapping[int, list[int]]


def read_truth(path: Path) -> CocoTruth:
    """Reads CxC's ``sits_test.csv``, or one of a pair such as ``eccv_image_to_caption.json``.

    Raises:
        DataError: the file, or the other of the pair, is missing or malformed.
    """
    suffix = path.suffix.lower()
    if suffix == ".csv":
        return _read_cxc(path)
    if suffix == ".json":
        return _read_both_ways(path)
    raise DataError(f"{path} is no truth file; expected CxC's sits_test.csv, or ECCV's eccv_image_to_caption.json")


def photo_number(name: str) -> int | None:
    """COCO's id of a photo, from its file name; None if it has none.

    >>> photo_number("val2014/COCO_val2014_000000365325.jpg"), photo_number("000000565045.jpg"), photo_number("dog.jpg")
    (365325, 565045, None)
    """
    found = _PHOTO_NUMBER.search(name)
    return int(found[1]) if found else None


def _read_cxc(path: Path) -> CocoTruth:
    """A caption and a photo belong together if their mean rating is at least 3, the photo's own captions included.

    Z. Parekh, J. Baldridge, D. Cer, A. Waters, Y. Yang: Crisscrossed Captions, EACL 2021, arXiv:2004.15020.
    """
    table = csv.DictReader(io.StringIO(read_text_file(path), newline=""))
    if not set(CXC_COLUMNS) <= set(table.fieldnames or ()):
        columns = ", ".join(table.fieldnames or ())[:80]
        raise DataError(f"{path}: expected columns {', '.join(CXC_COLUMNS)}, as in sits_test.csv, got {columns}")
    photos: dict[int, list[int]] = {}
    captions: dict[int, list[int]] = {}
    for row in table:
        try:
            caption, photo = int(row["caption"].rpartition(":")[2]), photo_number(row["image"])
            if photo is None:
                raise ValueError("the photo's name ends in no number")
            if float(row["agg_score"]) >= CXC_POSITIVE:
                photos.setdefault(caption, []).append(photo)
                captions.setdefault(photo, []).append(caption)
        except (ValueError, TypeError, AttributeError) as error:
            given = ", ".join(map(str, row.values()))
            raise DataError(
                f"{path}, line {table.line_num}: expected a caption, an image and a score, got {given:.80}"
            ) from error
    return _checked(CocoTruth(path.name, photos, captions), path)


def _read_both_ways(path: Path) -> CocoTruth:
    """Two files, each id → list of ids: the right captions of photos, and the right photos of captions.

    S. Chun, W. Kim, S. Park, M. Chang, S. J. Oh: ECCV Caption, ECCV 2022, arXiv:2204.03359.
    """
    way = next((way for way in BOTH_WAYS if way in path.name), None)
    if way is None:
        raise DataError(f"{path}: the name must contain {' or '.join(BOTH_WAYS)}, as eccv_image_to_caption.json")
    places = [path.with_name(path.name.replace(way, other)) for other in BOTH_WAYS]
    captions, photos = (_ids(place) for place in places)
    name = path.name.replace(way, "").replace("_.", ".").removesuffix(".json").strip("_")
    return _checked(CocoTruth(name or path.name, photos, captions), path)


def _ids(path: Path) -> dict[int, list[int]]:
    entries: Any = read_json(path)
    try:
        return {int(key): [int(own) for own in answers] for key, answers in entries.items()}
    except (TypeError, ValueError, AttributeError) as error:
        raise DataError(f"{path}: expected an object of id → list of ids: {error}") from error


def _checked(truth: CocoTruth, path: Path) -> CocoTruth:
    if not any(truth.photos_of_caption.values()) or not any(truth.captions_of_photo.values()):
        raise DataError(f"{path} lists no right answers")
    return truth
