"""Photos whose stacks depend on each other: by their names, or because one camera took them one after another.

A photo that comes, changes or goes can change the stacks of its family and of no other.
"""

import re
from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta

import numpy as np

from twinlens.collection.catalog.database import Database
from twinlens.collection.catalog.file_facts import FileFacts, facts_of, paths_like, shot_between
from twinlens.collection.likeness.names import version_key
from twinlens.collection.likeness.near_copies import Groups, groups_of
from twinlens.collection.likeness.series import moments, series_keys
from twinlens.types import Ids

BURST_GAP_S = 1.0  # moments are whole seconds; with three, people who pose one after another would be one stack
_BY_PHONE = re.compile(r"^img_(?=\d{4})")  # what a phone edits has an E behind this
_NUMBER = re.compile(r"\(\d{1,4}\)$")  # behind what tells of an edited copy: IMG_1-edited(2).jpg
_BEFORE_OTHER_LETTERS = re.compile(r"[\0-\x7f]*")


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
