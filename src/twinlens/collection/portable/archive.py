"""Write all that is known of a collection's photos, and what people gave to them, to one file."""

import base64
import json
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import IO, Any

import numpy as np

from twinlens.collection.catalog.kept import GIVEN
from twinlens.collection.catalog.portable.carried import Carried, CarriedCatalog, CarriedPhoto
from twinlens.collection.place.room import check_room
from twinlens.collection.portable.take_in import OnPhotos
from twinlens.errors import CollectionError
from twinlens.whole_file import whole_file

FORMAT, VERSION = "twinlens collection", 3
WITHOUT_PERSONS = 2  # releases that know this version take all favourites for those of everybody
HEAD, PHOTOS, ALBUMS, KEPT, LESSON = "twinlens.json", "photos.jsonl", "albums.jsonl", "kept.jsonl", "lesson.json"
READ_TEXTS = "read_texts.jsonl"
EMBEDDINGS, FEATURES = "embeddings.npy", "features.npy"
MOMENTS, MOMENT_FEATURES = "moments.npy", "moment_features.npy"
BYTES_A_PHOTO = 400  # of the compressed list; vectors are counted by themselves
EXACT_DATE = (1980, 1, 1, 0, 0, 0)  # equal collections give equal files


@dataclass(frozen=True, slots=True)
class Counts:
    """How much an archive has.

    Attributes:
        photos: all of them.
        vectors: photos with an embedding.
        features_dim: numbers of each photo's features; 0 if it has none.
        moments: of videos.
        moment_features_dim: numbers of each moment's features; 0 if it has none.
    """

    photos: int
    vectors: int
    features_dim: int
    moments: int = 0
    moment_features_dim: int = 0


def write_archive(
    file: Path,
    source: CarriedCatalog,
    counts: Counts,
    *,
    vectors: bool,
    dry_run: bool = False,
    on_photos: OnPhotos = lambda _, __: None,
) -> None:
    """Writes an archive, whole or not at all.

    Args:
        file: must not exist.
        source: what to write.
        counts: of the source.
        vectors: also write embeddings and features, of the moments of videos as well, so that nobody needs to read the
            photos again.
        dry_run: only check that it could be written.
        on_photos: called with the number of photos that are written, and of all.

    Raises:
        CollectionError: the file exists, or cannot be written.
        DiskFullError: it does not fit on the disk.
    """
    if file.exists():
        raise CollectionError(f"{file} exists; give another name, or delete it first")
    if not file.parent.is_dir():
        raise CollectionError(f"{file} cannot be written: there is no folder {file.parent}")
    dim = source.model.dim if source.model else 0
    check_room(file.parent, archive_bytes(source, counts, vectors=vectors), what="the archive")
    if dry_run:
        return
    try:
        with whole_file(file) as place, zipfile.ZipFile(place, "x", zipfile.ZIP_DEFLATED) as archive:
            _write_head(archive, source, counts, vectors=vectors)
            _write_lines(archive, PHOTOS, _photo_lines(source, on_photos, vectors=vectors))
            _write_lines(archive, ALBUMS, ({"name": album.name, "query": album.query} for album in source.albums()))
            kept = ({"content": one.content_hash.hex(), one.kind: _told(one.kind, one.value)} for one in source.kept())
            _write_lines(archive, KEPT, kept)
            read = ({"content": one.content_hash.hex(), "text": one.text} for one in source.read_texts())
            _write_lines(archive, READ_TEXTS, read)
            if (lesson := source.lesson()) is not None:
                told = {**lesson._asdict(), "weights": base64.b64encode(lesson.weights).decode()}
                archive.writestr(zipfile.ZipInfo(LESSON, EXACT_DATE), json.dumps(told))
            if vectors and dim:
                _write_vectors(archive, source, counts, dim)
    except OSError as error:
        raise CollectionError(f"{file} cannot be written: {error.strerror or error}") from error


def _write_vectors(archive: zipfile.ZipFile, source: Carried, counts: Counts, dim: int) -> None:
    _write_rows(archive, EMBEDDINGS, (counts.vectors, dim), "<f4", (one.embedding for one in source.photos()))
    if counts.features_dim:
        shape = counts.vectors, counts.features_dim
        _write_rows(archive, FEATURES, shape, "<f2", (one.features for one in source.photos()))
    if counts.moments:
        embeddings = (one.embedding for photo in source.photos() for one in photo.moments)
        _write_rows(archive, MOMENTS, (counts.moments, dim), "<f4", embeddings)
    if counts.moment_features_dim:
        features = (one.features for photo in source.photos() for one in photo.moments)
        _write_rows(archive, MOMENT_FEATURES, (counts.moments, counts.moment_features_dim), "<f2", features)


def archive_bytes(source: Carried, counts: Counts, *, vectors: bool) -> int:
    """About how many bytes an archive has."""
    dim = source.model.dim if source.model else 0
    listed = counts.photos * BYTES_A_PHOTO
    if not vectors:
        return listed
    moments = counts.moments * (4 * dim + 2 * counts.moment_features_dim)
    return listed + counts.vectors * (4 * dim + 2 * counts.features_dim) + moments


def _write_head(archive: zipfile.ZipFile, source: CarriedCatalog, counts: Counts, *, vectors: bool) -> None:
    head = {
        "format": FORMAT,
        "version": VERSION if source.has_own_marks else WITHOUT_PERSONS,
        "made_by": f"twinlens {version('twinlens')}",
        "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "model": source.model._asdict() if source.model else None,
        "folders": source.folders,
        "exclude": source.excluded,
        "archives": source.opens_archives,
        "photos": counts.photos,
        "vectors": counts.vectors if vectors else 0,
        "moments": counts.moments if vectors else 0,
    }
    archive.writestr(zipfile.ZipInfo(HEAD, EXACT_DATE), json.dumps(head, indent=1, ensure_ascii=False))


def _photo_lines(source: Carried, on_photos: OnPhotos, *, vectors: bool) -> Iterator[dict[str, Any]]:
    row = 0
    for number, photo in enumerate(source.photos(), start=1):
        line = _line(photo)
        if photo.embedding is not None:
            line["row"], row = row, row + 1
        if vectors and photo.moments:
            line["moments"] = [moment.at_ms for moment in photo.moments]
        yield line
        if number % 1000 == 0:
            on_photos(number, source.num_photos)


def _line(photo: CarriedPhoto) -> dict[str, Any]:
    line: dict[str, Any] = {"folder": photo.folder, "path": photo.path}
    if photo.content_hash is not None:
        line["content"] = photo.content_hash.hex()
    line |= {name: value for name, value in photo.facts.items() if value is not None}
    if photo.said:
        line["said"] = [list(said) for said in photo.said]
    if photo.content_details is not None:
        line["content_details"] = photo.content_details
    if photo.given:
        line["given"] = {kind: [_told(kind, value) for value in values] for kind, values in photo.given.items()}
    return line


def _told(kind: str, value: str) -> Any:
    """A value of what was given: a list where the catalog keeps one, else the text."""
    return json.loads(value) if holds_lists(kind) else value


def holds_lists(kind: str) -> bool:
    """Whether the values of a kind of what people give are JSON lists."""
    return GIVEN[kind].value.startswith("json_array")


def _write_lines(archive: zipfile.ZipFile, name: str, lines: Iterator[dict[str, Any]]) -> None:
    with _member(archive, name, zipfile.ZIP_DEFLATED) as member:
        for line in lines:
            member.write(json.dumps(line, ensure_ascii=False).encode() + b"\n")


def _write_rows(
    archive: zipfile.ZipFile, name: str, shape: tuple[int, int], kind: str, rows: Iterator[bytes | None]
) -> None:
    size = shape[1] * np.dtype(kind).itemsize
    with _member(archive, name, zipfile.ZIP_STORED) as member:
        np.lib.format.write_array_header_1_0(member, {"descr": kind, "fortran_order": False, "shape": shape})
        for row in rows:
            if row is not None:
                assert len(row) == size, "all vectors are of one model"
                member.write(row)


@contextmanager
def _member(archive: zipfile.ZipFile, name: str, compression: int) -> Iterator[IO[bytes]]:
    info = zipfile.ZipInfo(name, EXACT_DATE)
    info.compress_type = compression
    with archive.open(info, "w", force_zip64=True) as member:
        yield member
