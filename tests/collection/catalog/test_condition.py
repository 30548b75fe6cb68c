from twinlens.collection.catalog.catalog import Catalog
from twinlens.collection.catalog.condition import ANY, NONE, Condition, all_of, any_of


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
