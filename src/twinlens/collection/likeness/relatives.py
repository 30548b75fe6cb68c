"""Photos whose stacks depend on each other: by their names, or because one camera took them one after another.

A photo that comes, changes or goes can change the stacks of its family and of no other.
"""

import re
from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from twinlens.collection.catalog.database import Database
from twinlens.collection.catalog.files.file_facts import FileFacts, each_facts, facts_of, paths_like, shot_between
from twinlens.collection.likeness.names import version_key
from twinlens.collection.likeness.near_copies import Groups, groups_of
from twinlens.collection.likeness.series import moments, series_keys
from twinlens.types import Ids

BURST_GAP_S = 1.0  # moments are whole seconds; with three, people who pose one after another would be one stack
AT_ONCE = 2000  # photos whose names and moments are read before they become numbers
_BY_PHONE = re.compile(r"^img_(?=\d{4})")  # what a phone edits has an E behind this
_NUMBER = re.compile(r"\(\d{1,4}\)$")  # behind what tells of an edited copy: IMG_1-edited(2).jpg
_BEFORE_OTHER_LETTERS = re.compile(r"[\0-\x7f]*")


def related_photos(database: Database) -> Ids:
    """Ids of the photos of a library that are in a family of two or more, ascending, and few others.

    Of each photo some thirty bytes are held, since a library may have a million.
    """
    cameras: dict[str, int] = {}
    blocks = []
    photos = each_facts(database)
    while some := list(islice(photos, AT_ONCE)):
        names = np.array([hash((photo.folder_id, version_key(photo.path))) for photo in some], dtype=np.int64)
        of = [cameras.setdefault(photo.camera, len(cameras)) if photo.camera else -1 for photo in some]
        ids = np.array([photo.id for photo in some], dtype=np.int64)
        blocks.append((ids, names, np.array(of, dtype=np.int32), moments(some)))
    if not blocks:
        return np.empty(0, dtype=np.int64)
    ids, names, of_cameras, shot_s = (np.concatenate(column) for column in zip(*blocks, strict=True))
    blocks.clear()
    related = np.zeros(len(ids), dtype=np.bool_)
    order = np.argsort(names)
    _mark_neighbours(related, order, names[order][1:] == names[order][:-1])
    shot = np.flatnonzero((of_cameras >= 0) & ~np.isnan(shot_s))
    order = shot[np.lexsort((shot_s[shot], of_cameras[shot]))]
    is_one = of_cameras[order][1:] == of_cameras[order][:-1]
    _mark_neighbours(related, order, is_one & (np.diff(shot_s[order]) <= BURST_GAP_S))
    return np.sort(ids[related])


def _mark_neighbours(marks: NDArray[np.bool_], order: Ids, are_together: NDArray[np.bool_]) -> None:
    marks[order[:-1][are_together]] = True
    marks[order[1:][are_together]] = True


def families_of(photos: Sequence[FileFacts]) -> Groups:
    """The families of two or more, of all photos of a library or of whole families."""
    by_name: Iterable[Hashable | None] = ((photo.folder_id, version_key(photo.path)) for photo in photos)
    by_moment = series_keys(photos, moments(photos), gap_s=BURST_GAP_S)
    heads: dict[int, int] = {}

    def head(place: int) -> int:
        while (above := heads.get(place, place)) != place:
            heads[place] = place = heads.get(above, above)
        return place

    for places in (*same_keys(by_name), *same_keys(by_moment)):
        first = min(map(head, places))
        for place in places:
            heads[head(place)] = first
    related = sorted(heads)
    ids = np.array([photos[place].id for place in related], dtype=np.int64)
    return groups_of(ids, np.array([photos[head(place)].id for place in related], dtype=np.int64))


def same_keys(keys: Iterable[Hashable | None]) -> list[list[int]]:
    """Places with the same key, where there are several."""
    found: dict[Hashable, list[int]] = defaultdict(list)
    for place, key in enumerate(keys):
        if key is not None:
            found[key].append(place)
    return [places for places in found.values() if len(places) > 1]


def touched_by(database: Database, changed: Ids, families: Groups) -> Ids:
    """Photos whose stacks may be others now, ascending: those that have changed, and their families then and now.

    Args:
        database: the catalog as it is now.
        changed: photos that came, changed or went.
        families: as they were before.
    """
    now = {number for photo in facts_of(database, changed.tolist()) for number in _related(database, photo)}
    touched = np.union1d(changed, np.array(sorted(now), dtype=np.int64))
    among = np.isin(families.leaders, families.keys(touched))
    return np.union1d(touched, families.ids[among])


def _related(database: Database, photo: FileFacts) -> Iterator[int]:
    """Photos of the same name or moment; what is related to these alone has been so before."""
    key = version_key(photo.path)
    for starts, like in _spellings(photo.path, _NUMBER.sub("", key.rpartition("/")[2])):
        found = paths_like(database, photo.folder_id, starts, like)
        yield from (number for number, path in found if version_key(path) == key)
    if photo.shot_at and photo.camera:
        moment, gap = datetime.fromisoformat(photo.shot_at), timedelta(seconds=BURST_GAP_S)
        first, last = (moment - gap).isoformat(), (moment + gap).isoformat() + "\U0010ffff"
        yield from shot_between(database, photo.camera, first, last)


def _spellings(path: str, stem: str) -> Iterator[tuple[list[str], str]]:
    """How the paths begin that have the same key, and patterns that all of them fit."""
    place = path[: path.rfind("/") + 1]
    known = place if place.isascii() else _BEFORE_OTHER_LETTERS.match(place)[0]  # type: ignore[index]
    if not stem.isascii():  # other letters may be written in several ways
        yield [known], f"{_as_it_is(known)}%"
        return
    for name in (stem, _BY_PHONE.sub("img_e", stem)) if _BY_PHONE.match(stem) else (stem,):
        if known == place:
            starts = sorted({place + name[:1].lower(), place + name[:1].upper()})
            yield starts, f"{_as_it_is(place + name)}%"
        else:
            yield [known], f"{_as_it_is(known)}%/{_as_it_is(name)}%"


def _as_it_is(text: str) -> str:
    return re.sub(r"([%_^])", r"^\1", text)
