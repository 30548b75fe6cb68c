"""Why: the parts of a query account for the scores and for what is missing."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from conftest import PhotoMaker
from twinlens.collection.collection import Collection
from twinlens.collection.searching.answer import Answer
from twinlens.collection.searching.explanation import Explanation, grade_reason
from twinlens.collection.searching.search import Search


@pytest.fixture
def indexed(make_photo: PhotoMaker, open_collection: Callable[..., Collection]) -> Collection:
    for number, colour in enumerate(("red", "green", "blue", "white", "black", "yellow")):
        make_photo(f"{'trip/' if number % 2 else ''}{colour} wall.png", colour, size=(40 + number, 30))
    collection = open_collection()
    collection.index()
    return collection


def explained(collection: Collection, query: object, **options: object) -> tuple[Answer, Explanation]:
    answer = collection.answer(Search.of(query, explain=True, **options))  # type: ignore[arg-type]
    assert answer.explanation is not None
    assert [one.image_id for one in answer.explanation.hits] == [hit.id for hit in answer.hits]
    return answer, answer.explanation


def sums(explanation: Explanation) -> Sequence[float]:
    return [sum(one.contribution for one in hit.contributions) for hit in explanation.hits]


@pytest.mark.parametrize(
    "query", ["red", "red + 0.5 blue", "red - 0.3 green + 2.0 white", "red -green", "red + 0.5 blue -green -black"]
)
def test_contributions_add_up_to_the_score(indexed: Collection, query: str) -> None:
    answer, why = explained(indexed, query)
    scores = [hit.score for hit in answer.hits]
    assert [one.score for one in why.hits] == pytest.approx(scores, abs=1e-5)
    assert sums(why) == pytest.approx(scores, abs=1e-5)


def test_pictures_and_what_is_not_wanted_of_them_add_up_too(indexed: Collection, photos: Path) -> None:
    paths = [str(photos / name) for name in ("red wall.png", "blue wall.png", "black wall.png")]
    for query in (f'"{paths[0]}" "{paths[1]}"', f'"{paths[0]}" -"{paths[2]}"', f'"{paths[0]}" -green'):
        answer, why = explained(indexed, query)
        assert answer.space == "likeness"
        assert sums(why) == pytest.approx([hit.score for hit in answer.hits], abs=1e-5)


def test_conditions_and_what_is_left_out_are_counted(indexed: Collection) -> None:
    _, why = explained(indexed, 'red width>41 -"white" -black', filters={"folder": "trip"})
    assert [(one.text, one.num_photos) for one in why.conditions] == [
        ("in trip", 3),
        ("width >41", 4),
        ("not with the text “white”", 5),
    ]
    assert [(one.text, one.num_photos) for one in why.without] == [("“black”", 0)]  # green and yellow are the rest
    assert why.lines()[0] == "in trip: 3 photos pass"
    answer, why = explained(indexed, "red -black")
    assert (answer.num_left_out, answer.num_candidates) == (1, indexed.answer("red").num_candidates - 1)
    assert answer.left_out_note == "1 photo is left out, because it matches “black”"
    assert indexed.answer(Search.of("red -black", filters={"folder": "trip"})).num_left_out == 0  # it is not there
    assert indexed.answer("red").num_left_out is None
    assert answer.to_json()["num_left_out"] == 1
    assert why.lines() == ["without “black”: 1 photo is left out"]


def test_an_alternative_is_told_by_its_number(indexed: Collection) -> None:
    answer, why = explained(indexed, "red OR (folder:trip width>41)")
    places = {hit.id: one.alternative for hit, one in zip(answer.hits, why.hits, strict=True)}
    assert places["trip/white wall.png"] == 1
    assert places["red wall.png"] == 0
    assert {one.alternative for one in why.conditions} == {1}


def test_ranks_tell_what_found_a_hit(indexed: Collection) -> None:
    answer, why = explained(indexed, "blue wall")
    first = why.hits[0]
    assert answer.hits[0].found_by == ("name",)
    assert (first.meaning_rank, first.text_rank) == (1, 1)
    assert first.lines(("name",))[0] == "found by name; number 1 by meaning, number 1 by what is written about it"


def test_without_words_nothing_is_compared(indexed: Collection) -> None:
    _, why = explained(indexed, "folder:trip")
    assert {(one.score, one.contributions, one.meaning_rank) for one in why.hits} == {(None, (), None)}
    assert "without words or a picture" in why.hits[0].grade_reason


def test_a_search_explains_itself_only_when_asked(indexed: Collection) -> None:
    assert indexed.answer("red").explanation is None
    assert indexed.answer("red", explain=True).explanation is not None
    assert indexed.answer("red").to_json()["explanation"] is None
    answer, why = explained(indexed, "red -green")
    assert answer.to_json()["explanation"] == why.to_json()
    assert set(why.to_json()["hits"][0]["contributions"][0]) == {"text", "weight", "cosine", "contribution"}


def test_grades_are_told_in_plain_words() -> None:
    assert grade_reason("strong", 0.97, ungraded=None, is_written=False).endswith("about 97 are right")
    assert grade_reason(None, 0.01, ungraded=None, is_written=True).endswith("by what is written about it")
    assert "does not tell" in grade_reason(None, None, ungraded=None, is_written=False)


def test_captions_are_explained_as_photos_are(indexed: Collection, photos: Path, tmp_path: Path) -> None:
    (tmp_path / "captions.csv").write_text("image,caption\nred wall.png,a red one\ngreen wall.png,all green\n")
    indexed.add_captions(tmp_path / "captions.csv")
    wanted, unwanted = photos / "red wall.png", photos / "black wall.png"
    for query in ("red -black", f'"{wanted}" -"{unwanted}"'):
        answer, why = explained(indexed, query, target="caption")
        assert [hit.caption for hit in answer.hits] == ["a red one", "all green"]
        assert sums(why) == pytest.approx([hit.score for hit in answer.hits], abs=1e-5)
