"""Filters that narrow a search before the top k: date, folder, camera, favourites."""

import calendar
import posixpath
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from twinlens.collection.catalog.catalog import Catalog
from twinlens.collection.catalog.marks import IS_FAVOURITE, knows_favourites
from twinlens.collection.place.locate import user_path
from twinlens.collection.place.photo_folders import PhotoFolder
from twinlens.collection.searching.ranking import Target
from twinlens.errors import QueryError
from twinlens.types import Ids

_DATE = re.compile(r"(\d{4})(-\d\d(-\d\d([T ]\d\d:\d\d(:\d\d)?)?)?)?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Filters:
    """What a photo must satisfy to be a candidate.

    Attributes:
        after: taken then or later: ``2023``, ``2023-06``, ``2023-06-01`` or with ``T12:00``.
        before: taken then or earlier; ``2023`` includes all of that year. Dates are the
            camera's wall clock: the day it was where the photo was taken.
        folder: a sub-folder of the collection, with its sub-folders.
        camera: part of maker and model, upper and lower case alike.
        favourites: only photos that somebody has marked.
    """

    after: str | None = None
    before: str | None = None
    folder: str | None = None
    camera: str | None = None
    favourites: bool = False

    def sql(self) -> tuple[str, list[Any]]:
        """Condition on ``photos`` without the folder, and its parameters.

        Raises:
            QueryError: a date is not one.
        """
        conditions: list[str] = ["1"]
        parameters: list[Any] = []
        if self.after is not None:
            conditions.append("taken_at >= ?")
            parameters.append(_date(self.after, "--after"))
        if self.before is not None:
            bound = _date(self.before, "--before")
            conditions.append("substr(taken_at, 1, ?) <= ?")
            parameters += [len(bound), bound]
        if self.camera is not None:
            conditions.append("instr(lower(camera), lower(?)) > 0")
            parameters.append(self.camera.strip())
        if self.favourites:
            conditions.append(IS_FAVOURITE)
        return " AND ".join(conditions), parameters

    def is_empty(self) -> bool:
        """True when every photo qualifies."""
        return self == Filters()


def candidate_ids(
    catalog: Catalog, folders: Sequence[PhotoFolder], filters: Filters, *, target: Target = "image"
) -> Ids:
    """Ids of the photos that the filters let through, or of their captions, ascending.

    Raises:
        QueryError: a date is not one, or the folder is not in the collection.
    """
    condition, parameters = photo_condition(catalog, folders, filters)
    select_ids = catalog.captions.select_ids if target == "caption" else catalog.select_ids
    return select_ids(condition, parameters)


def photo_condition(catalog: Catalog, folders: Sequence[PhotoFolder], filters: Filters) -> tuple[str, list[Any]]:
    """Condition on ``photos`` that all filters make together, and its parameters.

    Raises:
        QueryError: a date is not one, or the folder is not in the collection.
    """
    condition, parameters = filters.sql()
    if filters.favourites and not knows_favourites(catalog):
        condition, parameters = "0", []
    if filters.folder is None:
        return condition, parameters
    within = [found for folder in folders if (found := _folder_condition(folder, filters.folder))]
    any_folder = " OR ".join(found[0] for found in within) or "0"
    extra = [value for found in within for value in found[1]]
    some = f"SELECT 1 FROM photos WHERE skip_reason IS NULL AND ({any_folder}) LIMIT 1"
    if not catalog.rows(some, extra):
        raise QueryError(f"the folder {filters.folder!r} holds no indexed photos of this collection")
    return f"{condition} AND ({any_folder})", [*parameters, *extra]


def _folder_condition(folder: PhotoFolder, wanted: str) -> tuple[str, list[Any]] | None:
    """SQL for the photos of one photo folder at or below ``wanted``; None when it cannot be there."""
    below = posixpath.normpath(wanted.replace("\\", "/")).strip("/")
    if Path(wanted).is_absolute() or wanted.startswith("~"):
        path = user_path(wanted)
        if folder.path.is_relative_to(path):
            return "folder_id = ?", [folder.id]
        if not path.is_relative_to(folder.path):
            return None
        below = path.relative_to(folder.path).as_posix()
    elif folder.prefix:
        name, _, below = below.partition("/")
        if f"{name}/" != folder.prefix:
            return None
    if below in ("", "."):
        return "folder_id = ?", [folder.id]
    return "folder_id = ? AND path >= ? AND path < ?", [folder.id, below + "/", below + "0"]  # "0" follows "/"


def _date(text: str, option: str) -> str:
    bound = text.strip().replace(" ", "T")
    if not _DATE.fullmatch(bound) or not _exists(bound):
        raise QueryError(f"{option} wants a date as 2023, 2023-06 or 2023-06-30, got {text!r}")
    return bound


def _exists(bound: str) -> bool:
    numbers = [int(part) for part in re.split(r"[-T:]", bound)]
    year, month, day, hour, minute, second = numbers + [1, 1, 1, 0, 0, 0][len(numbers) :]
    return (
        year >= 1
        and 1 <= month <= 12
        and 1 <= day <= calendar.monthrange(year, month)[1]
        and hour < 24
        and minute < 60
        and second < 60
    )
