"""Teaching: what people say of photos, words of their own, and lessons."""

from collections.abc import Sequence
from pathlib import Path

from twinlens.collection.collection import Collection
from twinlens.collection.teaching.lesson import LessonReport
from twinlens.collection.teaching.teaching import Said, Teaching
from twinlens.errors import UnknownPhotoError

__all__ = ["LessonReport", "Said", "Teaching", "ids_of"]


def ids_of(collection: Collection, named: Sequence[str]) -> list[str]:
    """Ids of photos that are named by id, or by the path of their file.

    Raises:
        UnknownPhotoError: a name is neither.
    """
    return [_id_of(collection, one) for one in named]


def _id_of(collection: Collection, named: str) -> str:
    if collection.photo(named) is not None:
        return named
    file = Path(named).expanduser().absolute()
    for folder in collection.folders():
        if file.is_relative_to(folder.path):
            photo_id = folder.prefix + file.relative_to(folder.path).as_posix()
            if collection.photo(photo_id) is not None:
                return photo_id
    raise UnknownPhotoError(f"no indexed photo has the id or the path {named!r}; nothing was recorded")
