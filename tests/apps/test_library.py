"""Which hits are shown."""

from pathlib import Path

from twinlens.apps.library import matching
from twinlens.types import Hit


def hit(rank: int, *, relevant: bool | None) -> Hit:
    return Hit(rank, f"{rank}.jpg", Path(f"{rank}.jpg"), 1 / rank, relevant=relevant)


def test_hits_that_match_are_shown_and_the_closest_where_none_does() -> None:
    mixed = [hit(1, relevant=True), hit(2, relevant=False)]
    assert matching(mixed, show_all=False) == (mixed[:1], True)
    assert matching(mixed, show_all=True) == (mixed, True)
    none = [hit(rank, relevant=False) for rank in range(1, 6)]
    assert matching(none, show_all=False) == (none[:3], False)
    assert matching([], show_all=True) == ([], False)


def test_without_a_calibration_all_hits_are_shown() -> None:
    unknown = [hit(1, relevant=None), hit(2, relevant=None)]
    assert matching(unknown, show_all=False) == (unknown, True)
