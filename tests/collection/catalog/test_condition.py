from collections.abc import Callable, Iterable
from random import Random
from typing import Any

import numpy as np
import pytest

from catalog_photos import put_photos
from twinlens.collection.catalog.catalog import Catalog
from twinlens.collection.catalog.condition import (
    ANY,
    HAS_CAPTION,
    NONE,
    Condition,
    all_of,
    any_of,
    camera_holds,
    has_text,
    listed,
    marked,
    not_,
    one_of,
    text_holds,
)
from twinlens.collection.catalog.curated.conditions import in_album, tagged
from twinlens.collection.catalog.marks import is_favourite


def test_conditions_are_joined_with_their_parameters_in_order() -> None:
    parts = [Condition("width > ?", (1,)), Condition("path = ? OR path = ?", ("a", "b")), Condition("camera IS NULL")]
    assert all_of(parts) == Condition("(width > ?) AND (path = ? OR path = ?) AND (camera IS NULL)", (1, "a", "b"))
    assert any_of(parts).sql == "(width > ?) OR (path = ? OR path = ?) OR (camera IS NULL)"


def test_one_condition_stays_as_it_is() -> None:
    one = Condition("width > ?", (1,))
    assert all_of([one]) == any_of([one]) == one


def test_all_of_nothing_always_holds_and_any_of_nothing_never() -> None:
    assert (all_of([]), any_of([])) == (ANY, NONE)


def test_sqlite_agrees(catalog: Catalog) -> None:
    def holds(condition: Condition) -> bool:
        return bool(catalog.rows(f"SELECT {condition.sql}", condition.parameters)[0][0])

    yes, no = Condition("? < ?", (1, 2)), Condition("? < ?", (2, 1))
    assert [holds(all_of(parts)) for parts in ([], [yes], [yes, yes], [yes, no], [no])] == [
        True,
        True,
        True,
        False,
        False,
    ]
    assert [holds(any_of(parts)) for parts in ([], [yes], [no, yes], [no, no])] == [False, True, True, False]
    assert holds(all_of([any_of([no, yes]), yes]))
    assert not holds(any_of([all_of([no, yes]), all_of([yes, no])]))  # AND binds tighter than OR: the brackets matter


def test_not_is_true_where_the_condition_cannot_be_told(catalog: Catalog) -> None:
    def holds(condition: Condition) -> object:
        return catalog.rows(f"SELECT {condition.sql}", condition.parameters)[0][0]

    unknown = Condition("NULL > ?", (5,))
    assert (holds(not_(unknown)), holds(not_(ANY)), holds(not_(NONE))) == (1, 0, 1)
    assert holds(not_(not_(unknown))) == 0
    assert holds(not_(Condition("? OR ?", (0, 1)))) == 0  # NOT binds tighter than OR: the brackets matter


def test_every_combination_selects_what_plain_logic_selects(catalog: Catalog) -> None:
    cameras, sizes = ["Canon", "Nikon", None], [(10, 20), (30, 20), (20, 20)]
    rows = [(camera, width) for camera in cameras for width, _ in sizes]
    ids = put_photos(
        catalog,
        [f"{number}.jpg" for number in range(len(rows))],
        cameras=[camera for camera, _ in rows],
        sizes=[(width, 20) for _, width in rows],
    )
    leaves = [
        (Condition("camera = ?", ("Canon",)), {ids[place] for place, row in enumerate(rows) if row[0] == "Canon"}),
        (Condition("width > ?", (15,)), {ids[place] for place, row in enumerate(rows) if row[1] > 15}),
        (
            Condition("camera > ? OR width = ?", ("M", 10)),
            {ids[place] for place, row in enumerate(rows) if (row[0] or "") > "M" or row[1] == 10},
        ),
        (camera_holds("NIK"), {ids[place] for place, row in enumerate(rows) if row[0] == "Nikon"}),
        (listed("SELECT id AS photo_id FROM photos WHERE width = ?", 10), {ids[place] for place in range(0, 9, 3)}),
        (one_of(np.array(ids[2:7])), set(ids[2:7])),
    ]
    random = Random(5)

    def grown(depth: int) -> tuple[Condition, set[int]]:
        kind = random.choice(("not", "and", "or")) if depth else "leaf"
        if kind == "leaf":
            return random.choice(leaves)
        parts = [grown(depth - 1) for _ in range(1 if kind == "not" else random.randint(2, 3))]
        conditions, sets = [one for one, _ in parts], [found for _, found in parts]
        if kind == "not":
            return not_(conditions[0]), set(ids) - sets[0]
        if kind == "and":
            return all_of(conditions), set.intersection(*sets)
        return any_of(conditions), set.union(*sets)

    for _ in range(100):
        condition, expected = grown(random.randint(1, 4))
        assert set(catalog.select_ids(condition).tolist()) == expected, condition


@pytest.mark.parametrize(
    "condition",
    [
        tagged("kids"), any_of([tagged("kids"), text_holds("keyword", "kids")]), camera_holds("canon"),
        not_(camera_holds("canon")), has_text("person"), HAS_CAPTION, is_favourite, in_album(1), ANY,
        all_of([tagged("kids"), camera_holds("canon"), marked("files_named(?)", "img")]),
    ],
    ids=lambda one: one.sql[:40] if isinstance(one, Condition) else one.__name__,
)  # fmt: skip
def test_photos_that_are_known_at_once_are_found_without_a_look_at_each(
    catalog: Catalog, condition: Condition | Callable[[Catalog], Condition]
) -> None:
    condition = condition if isinstance(condition, Condition) else condition(catalog)
    put_photos(catalog, [f"{number}.jpg" for number in range(600)], cameras=["Canon"] * 600)
    catalog.select_ids(ANY), catalog.select_ids(condition)  # what is kept in memory is read
    steps = []
    read = catalog.rows

    def rows(sql: str, parameters: Iterable[Any] = ()) -> list[Any]:
        steps.extend(row[3] for row in read(f"EXPLAIN QUERY PLAN {sql}", parameters))
        return read(sql, parameters)

    catalog.rows = rows  # type: ignore[method-assign]
    catalog.select_ids(condition)
    assert not [step for step in steps if step.startswith("SCAN photos")], steps
