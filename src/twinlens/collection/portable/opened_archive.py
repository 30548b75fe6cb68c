"""Read an archive that may come from somebody else: nothing in it is trusted, nothing is unpacked."""

import base64
import json
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from copy import copy
from pathlib import Path
from typing import IO, Any, Self

from twinlens.collection.catalog.feedback import Lesson
from twinlens.collection.catalog.portable.carried import (
    CarriedAlbum,
    CarriedMoment,
    CarriedPhoto,
    KeptValue,
    ReadContent,
)
from twinlens.collection.catalog.rows import MOST_DIM, ModelRecord
from twinlens.collection.portable.archive import (
    ALBUMS,
    EMBEDDINGS,
    FEATURES,
    FORMAT,
    HEAD,
    KEPT,
    LESSON,
    MOMENT_FEATURES,
    MOMENTS,
    PHOTOS,
    READ_TEXTS,
    VERSION,
)
from twinlens.collection.portable.archive_lines import album_of, is_text, kept_of, moments_of, photo_of, read_of
from twinlens.collection.portable.archive_vectors import vectors_of
from twinlens.errors import CollectionError, DataError

VECTORS = EMBEDDINGS, FEATURES, MOMENTS, MOMENT_FEATURES
MEMBERS = frozenset((HEAD, PHOTOS, ALBUMS, KEPT, READ_TEXTS, LESSON, *VECTORS))
MOST_LINE_BYTES = 4_000_000  # of a photo with all its captions; a longer one would fill the memory
MOST_LESSON_BYTES = 200_000_000
BOMB_BYTES, BOMB_RATIO = 50_000_000, 100  # lists of photos become 5 to 10 times as small
_DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, ValueError, TypeError, KeyError, AttributeError, RecursionError)


class OpenedArchive:
    """An archive of ``write_archive``; see ``Carried``.

    Attributes:
        file: where it is.
        model: of its vectors.
        folders: where its photos were, by the names of their folders.
        excluded: patterns of files that are not indexed.
        opens_archives: whether photos inside zip and tar files are indexed.
        num_photos: that it says it has.
        has_vectors: whether photos come with their embeddings.

    Raises:
        DataError: it is no such archive, is damaged, or is of a later version.
        CollectionError: it cannot be read.
    """

    def __init__(self, file: Path) -> None:
        self.file = file
        with self._opened() as archive:
            _refuse_bombs(archive)
            head = json.loads(_all_of(archive, HEAD, MOST_LINE_BYTES))
            if head["format"] != FORMAT or type(head["version"]) is not int:
                raise ValueError(f"{HEAD} names another format")
            if head["version"] > VERSION:
                raise DataError(f"{file} is of a newer twinlens (version {head['version']}); update twinlens")
            self.model = _model(head["model"])
            self.folders: dict[str, str] = dict(head["folders"].items())
            self.excluded: list[str] = list(head.get("exclude", ()))
            self.opens_archives = head.get("archives") is True
            self.num_photos, self._num_vectors = int(head["photos"]), int(head["vectors"])
            self._num_moments = int(head.get("moments", 0))
            if not all(map(is_text, (*self.folders, *self.folders.values(), *self.excluded))):
                raise ValueError("the name of a folder, or a pattern, is no text")
            self.has_vectors = EMBEDDINGS in archive.namelist() and self.model is not None
            self._members = frozenset(archive.namelist())

    def without_vectors(self) -> Self:
        """The same archive, whose photos come without their vectors."""
        other = copy(self)
        other.has_vectors = False
        return other

    def check(self) -> None:
        """Reads all of it.

        Raises:
            DataError: something in it is damaged, or is not what the format says.
        """
        albums = {album.name for album in self.albums()}
        count = 0
        for photo in self.photos():
            count += 1
            named = [json.loads(value)[0] for value in photo.given.get("album", ())]
            if not albums.issuperset(named):
                raise self._damaged("a photo is in an album that is not listed")
        if count != self.num_photos:
            raise self._damaged(f"it lists {count:,} of {self.num_photos:,} photos")
        for kept in self.kept():
            if kept.kind == "album" and json.loads(kept.value)[0] not in albums:
                raise self._damaged("something is kept for an album that is not listed")
        for _ in self.read_texts():
            pass
        self.lesson()

    def albums(self) -> list[CarriedAlbum]:
        """See ``Carried``."""
        with self._opened() as archive:
            return [album_of(line) for line in _lines(archive, ALBUMS)]

    def lesson(self) -> Lesson | None:
        """See ``Carried``."""
        with self._opened() as archive:
            if LESSON not in archive.namelist():
                return None
            told = json.loads(_all_of(archive, LESSON, MOST_LESSON_BYTES))
            weights = base64.b64decode(told["weights"], validate=True)
            lesson = Lesson(told["model"], told["learnt_at"], told["figures"], weights)
            if not all(map(is_text, lesson[:3])):
                raise ValueError(f"{LESSON} has something that is no text")
            return lesson

    def kept(self) -> Iterator[KeptValue]:
        """See ``Carried``."""
        with self._opened() as archive:
            for line in _lines(archive, KEPT):
                yield from kept_of(line)

    def read_texts(self) -> Iterator[ReadContent]:
        """See ``Carried``."""
        with self._opened() as archive:
            if READ_TEXTS in self._members:
                yield from map(read_of, _lines(archive, READ_TEXTS))

    def photos(self) -> Iterator[CarriedPhoto]:
        """See ``Carried``."""
        with self._opened() as archive:
            embeddings, features, moments, moment_features = (self._vectors(archive, name) for name in VECTORS)
            row = 0
            for line in _lines(archive, PHOTOS):
                photo = photo_of(line, self.folders)
                if embeddings is not None and "row" in line:
                    if line["row"] != row:
                        raise ValueError("the rows of vectors are not in order")
                    row += 1
                    photo = photo._replace(embedding=next(embeddings), features=next(features) if features else None)
                times = moments_of(line)
                if moments is not None and times:
                    seen = [
                        CarriedMoment(at_ms, next(moments), next(moment_features) if moment_features else None)
                        for at_ms in times
                    ]
                    photo = photo._replace(moments=seen)
                yield photo

    def _vectors(self, archive: zipfile.ZipFile, name: str) -> Iterator[bytes] | None:
        """The rows of an array; None if they are not there, or not wanted."""
        if not self.has_vectors or name not in self._members:
            return None
        assert self.model is not None, "an archive with vectors has one"
        rows = self._num_moments if name in (MOMENTS, MOMENT_FEATURES) else self._num_vectors
        if name in (EMBEDDINGS, MOMENTS):
            return vectors_of(archive, name, rows, "<f4", dim=self.model.dim)
        return vectors_of(archive, name, rows, "<f2")

    @contextmanager
    def _opened(self) -> Iterator[zipfile.ZipFile]:
        try:
            with zipfile.ZipFile(self.file) as archive:
                yield archive
        except OSError as error:
            raise CollectionError(f"{self.file} cannot be read: {error.strerror or error}") from error
        except (*_DAMAGED, NotImplementedError, RuntimeError) as error:  # the last if it is encrypted
            raise self._damaged(str(error) or type(error).__name__) from error

    def _damaged(self, why: str) -> DataError:
        return DataError(
            f"{self.file} is damaged, or no archive of 'twinlens collection export' ({why[:160]}); nothing was changed"
        )


def _refuse_bombs(archive: zipfile.ZipFile) -> None:
    names = archive.namelist()
    if unknown := [name for name in names if name not in MEMBERS]:
        raise ValueError(f"it contains {unknown[0][:60]!r}")
    if len(set(names)) != len(names) or not {HEAD, PHOTOS, ALBUMS, KEPT}.issubset(names):
        raise ValueError("a part is missing, or there twice")
    for part in archive.infolist():
        if part.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) or part.flag_bits & 1:
            raise ValueError(f"{part.filename} is encrypted, or packed in another way")
        if part.file_size > max(BOMB_BYTES, BOMB_RATIO * part.compress_size):
            raise ValueError(f"{part.filename} would unpack to {part.file_size / 1e6:,.0f} MB")


def _all_of(archive: zipfile.ZipFile, name: str, most_bytes: int) -> bytes:
    with archive.open(name) as member:
        content = member.read(most_bytes + 1)
    if len(content) > most_bytes:
        raise ValueError(f"{name} has more than {most_bytes / 1e6:,.0f} MB")
    return content


def _lines(archive: zipfile.ZipFile, name: str) -> Iterator[dict[str, Any]]:
    with archive.open(name) as member:
        while line := _line(member):
            found = json.loads(line, parse_constant=_refuse_constant)
            if not isinstance(found, dict):
                raise ValueError(f"a line of {name} is no object")
            yield found


def _line(member: IO[bytes]) -> bytes:
    line = member.readline(MOST_LINE_BYTES + 1)
    if len(line) > MOST_LINE_BYTES:
        raise ValueError(f"a line has more than {MOST_LINE_BYTES / 1e6:,.0f} MB")
    return line


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is no number")


def _model(told: Any) -> ModelRecord | None:
    if told is None:
        return None
    model = ModelRecord(told["model"], told["fingerprint"], told["dim"])
    if not (is_text(model.model) and is_text(model.fingerprint)):
        raise ValueError("the model has no name")
    if type(model.dim) is not int or not 0 < model.dim <= MOST_DIM:
        raise ValueError(f"the model has {model.dim!r} numbers")
    return model
