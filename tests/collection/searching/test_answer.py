from dataclasses import replace
from pathlib import Path

import pytest

from twinlens.collection.searching.answer import Answer
from twinlens.collection.searching.search import Search
from twinlens.types import Hit


def hit(rank: int, *, relevant: bool | None, probability: float | None = 0.5, score: float | None = None) -> Hit:
    return Hit(rank, f"{rank}.jpg", Path(f"/p/{rank}.jpg"), score or 1 - rank / 10, probability, relevant=relevant)


def answer(hits: list[Hit], *, matched: int | None = None, **options: object) -> Answer:
    return Answer(Search.of("a dog", **options), hits, 9, matched, "f" * 16, 1.5)


def ranks(hits: list[Hit]) -> list[int]:
    return [one.rank for one in hits]


def test_hits_that_match_are_shown_and_the_others_are_not() -> None:
    found = answer([hit(1, relevant=True), hit(2, relevant=False), hit(3, relevant=True)])
    assert ranks(found.matching) == ranks(found.shown) == [1, 3]
    assert found.closest == []


def test_where_nothing_matches_the_three_closest_are_shown_best_first() -> None:
    hits = [hit(one, relevant=False, score=score) for one, score in ((1, 0.1), (2, 0.4), (3, 0.2), (4, 0.3), (5, 0.05))]
    found = answer(hits)
    assert found.matching == []
    assert ranks(found.closest) == ranks(found.shown) == [2, 4, 3]


def test_behind_the_first_page_nothing_is_closest() -> None:
    found = answer([hit(4, relevant=False)], offset=3)
    assert (found.closest, found.shown) == ([], [])


def test_without_a_calibration_all_hits_count() -> None:
    assert ranks(answer([hit(1, relevant=None, probability=None)]).matching) == [1]


def test_all_may_be_asked_for() -> None:
    assert ranks(answer([hit(1, relevant=True), hit(2, relevant=False)], show_all=True).shown) == [1, 2]


@pytest.mark.parametrize(("least", "expected"), [(0.2, [1, 2]), (0.5, [1]), (0.51, [])])
def test_a_least_probability_takes_the_place_of_relevance(least: float, expected: list[int]) -> None:
    hits = [hit(1, relevant=False, probability=0.5), hit(2, relevant=True, probability=0.2)]
    assert ranks(answer(hits, min_probability=least).matching) == expected
    everything = answer(hits, min_probability=least, show_all=True)
    assert ranks(everything.shown) == [1, 2]
    assert [one["rank"] for one in everything.to_json()["results"] if one["is_match"]] == expected


def test_a_hit_is_no_match_and_no_mismatch_where_the_model_cannot_tell() -> None:
    found = answer([hit(1, relevant=None, probability=None)])
    assert found.to_json()["results"][0]["is_match"] is None


def test_the_json_of_a_command_has_what_is_shown_and_that_of_a_server_everything() -> None:
    found = answer([hit(1, relevant=True), hit(2, relevant=False)], matched=1)
    command = found.to_json()
    assert (command["num_results"], command["num_matches"], command["num_candidates"]) == (1, 1, 9)
    assert command["results"][0]["image_path"] == "/p/1.jpg"
    server = found.to_json(everything=True, absolute_paths=False)
    assert [(one["image_path"], one["shown"]) for one in server["results"]] == [("1.jpg", True), ("2.jpg", False)]


def test_it_is_told_in_a_line() -> None:
    assert (
        repr(answer([hit(1, relevant=True)], matched=1))
        == "<Answer to “a dog”: 1 hits, 1 matches in 9 candidates, 1.5 ms>"
    )
    assert "9 candidates" in repr(answer([]))


def test_a_hit_without_its_file_is_gone_unless_its_folder_is_not_there() -> None:
    lost = [
        replace(hit(rank, relevant=True), id=f"{place}/{rank}.jpg", is_missing=True)
        for rank, place in ((1, "a"), (2, "b"))
    ]
    found = replace(answer([*lost, hit(3, relevant=True)]), absent_folders={"b/": "/mnt/b"})
    assert ranks(found.gone) == [1]
    assert [one["missing"] for one in found.to_json()["results"]] == [True, True, False]
    assert found.to_json()["missing_folders"] == ["/mnt/b"]
    assert found.to_json(absolute_paths=False)["missing_folders"] == ["b"]


def test_a_server_names_its_only_folder_without_its_place() -> None:
    found = replace(answer([]), absent_folders={"": "/home/ana/photos"})
    assert found.to_json(absolute_paths=False)["missing_folders"] == ["photos"]
