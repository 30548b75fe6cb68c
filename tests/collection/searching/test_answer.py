from dataclasses import replace
from pathlib import Path

import pytest

from twinlens.collection.searching.answer import Answer, why_ungraded
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


def test_where_nothing_matches_all_hits_are_shown_best_first() -> None:
    hits = [hit(one, relevant=False, score=score) for one, score in ((1, 0.1), (2, 0.4), (3, 0.2), (4, 0.3), (5, 0.05))]
    found = answer(hits)
    assert found.matching == []
    assert ranks(found.closest) == ranks(found.shown) == [2, 4, 3, 1, 5]


def test_the_closest_go_on_behind_the_first_page_but_do_not_follow_matches() -> None:
    hits = [hit(4, relevant=False)]
    assert ranks(answer(hits, matched=0, offset=3).shown) == [4]
    assert answer(hits, matched=2, offset=3).shown == []


def test_grades_are_counted_in_words_the_surest_first() -> None:
    counts = {"strong": 3, "likely": 0, "possible": 1200}
    found = replace(answer([hit(1, relevant=True)]), grades=counts)
    assert found.counted == "3 strong, 1,200 possible"
    assert found.to_json()["grades"] == counts
    assert answer([]).counted == ""


def test_a_grade_stands_beside_probability_and_relevance() -> None:
    (result,) = answer([replace(hit(1, relevant=True), grade="likely")]).to_json()["results"]
    assert (result["probability"], result["grade"], result["relevant"]) == (0.5, "likely", True)


@pytest.mark.parametrize(("lowest", "expected"), [("strong", [1]), ("likely", [1, 2]), ("possible", [1, 2])])
def test_a_lowest_grade_decides_what_matches(lowest: str, expected: list[int]) -> None:
    hits = [replace(hit(rank, relevant=True), grade=grade) for rank, grade in ((1, "strong"), (2, "likely"))]
    assert ranks(answer(hits, min_grade=lowest).matching) == expected


@pytest.mark.parametrize(
    ("query", "target", "reason"),
    [
        ("a dog", "image", None),
        ("a dog - night", "image", None),
        ("./a.jpg + ./b.jpg", "image", None),
        ("./a.jpg + 0.1 night", "image", "sums of words and photos have no grades"),
        ("a dog", "caption", "captions have no grades"),
    ],
)
def test_it_is_said_why_there_are_no_grades(query: str, target: str, reason: str | None) -> None:
    assert why_ungraded(Search.of(query, target=target)) == reason


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
        == "<Answer to “a dog”: 1 hit, 1 match in 9 candidates, 1.5 ms>"
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
