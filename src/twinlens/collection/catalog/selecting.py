"""Find the photos that satisfy a condition, without a look at every photo where they are known at once."""

from functools import reduce

import numpy as np

from twinlens.collection.catalog.condition import ANY, MOST_LISTED, Condition, Joined, Known, all_of, any_of, one_of
from twinlens.collection.catalog.database import Database
from twinlens.collection.catalog.rows import ids_in, union
from twinlens.types import Ids


def selected_ids(database: Database, condition: Condition, searchable: Ids) -> Ids:
    """Ids of searchable photos that satisfy a condition, ascending.

    Args:
        database: the catalog.
        condition: of a photo.
        searchable: all searchable photos, ascending.
    """
    if condition == ANY:
        return searchable
    if isinstance(condition, Known):
        return _both(searchable, _known_ids(database, condition))
    if not isinstance(condition, Joined):
        sql = f"SELECT group_concat(id, ' ') FROM photos WHERE skip_reason IS NULL AND ({condition.sql})"
        return np.sort(_ids(database, sql, condition))  # takes SQLite several times as long
    if condition.word == "NOT":
        return np.setdiff1d(searchable, selected_ids(database, condition.parts[0], searchable), assume_unique=True)
    quick = [part for part in condition.parts if isinstance(part, Known | Joined)]
    others = [part for part in condition.parts if not isinstance(part, Known | Joined)]
    found = [selected_ids(database, part, searchable) for part in quick]
    if condition.word == "OR":
        return union(found + ([selected_ids(database, any_of(others), searchable)] if others else []))
    both = reduce(_both, found)
    if not others or not len(both):
        return both
    if len(both) <= MOST_LISTED:  # the other conditions are tried on these alone
        plain = [Condition(*one_of(both)), *others]
        return selected_ids(database, all_of(plain), searchable)
    return _both(both, selected_ids(database, all_of(others), searchable))


def _known_ids(database: Database, condition: Known) -> Ids:
    if condition.rows:
        rows = f"SELECT group_concat(photo_id, ' ') FROM ({condition.rows}) AS listed"
        return np.unique(_ids(database, rows, condition))
    ((marks,),) = database.rows(f"SELECT {condition.marks}", condition.parameters)
    return np.flatnonzero(np.frombuffer(marks, dtype=np.uint8) == 1) + 1


def _ids(database: Database, sql: str, condition: Condition) -> Ids:
    ((found,),) = database.rows(sql, condition.parameters)
    return ids_in(found)


def _both(one: Ids, other: Ids) -> Ids:
    """The ids in both, ascending."""
    both: Ids = one[np.isin(one, other, assume_unique=True)]
    return both
