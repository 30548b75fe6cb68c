import json
from pathlib import Path

import pytest

from twinlens.errors import DataError
from twinlens.evaluation.relevance.judged import JudgedPhotos, read_judged
from twinlens.evaluation.relevance.trials import NOT_RELEVANT, RELEVANT, UNSURE

JUDGED = Path(__file__).parents[3] / "benchmarks" / "quality" / "judged.json"


@pytest.fixture
def judged(tmp_path: Path) -> JudgedPhotos:
    fields = {
        "concepts": [
            {"n": 1, "half": "fit", "en": "a dog", "de": "ein Hund"},
            {"n": 2, "half": "measure", "en": "a cat", "de": "eine Katze"},
            {"n": 3, "half": "fit", "en": "grass", "de": "Gras"},
        ],
        "photos": [
            {"file": "a.jpg", "half": "fit", "shows": [1, 2, 3], "maybe": [], "sentence": "a dog on grass"},
            {"file": "b.jpg", "half": "measure", "shows": [1], "maybe": [], "sentence": "a dog"},
            {"file": "c.jpg", "half": "fit", "shows": [3], "maybe": [1], "sentence": "a lawn"},
            {"file": "d.jpg", "half": "fit", "shows": [], "maybe": [2], "sentence": "a wall"},
        ],
    }
    (tmp_path / "judged.json").write_text(json.dumps(fields))
    return read_judged(tmp_path / "judged.json", "fit")


def test_a_half_has_its_own_photos_and_concepts(judged: JudgedPhotos) -> None:
    assert list(judged.files) == ["a.jpg", "c.jpg", "d.jpg"]
    assert judged.shows.tolist() == [
        [RELEVANT, UNSURE, NOT_RELEVANT],
        [RELEVANT, RELEVANT, NOT_RELEVANT],
    ]


def test_words_are_asked_in_each_language_with_the_same_labels(judged: JudgedPhotos) -> None:
    lines, texts, labels = judged.words(["en", "de"])
    assert lines == ["words, en", "words, en", "words, de", "words, de"]
    assert texts == ["a dog", "grass", "ein Hund", "Gras"]
    assert labels[:2].tolist() == labels[2:].tolist() == judged.shows.tolist()


def test_wordings_are_those_that_a_name_has(judged: JudgedPhotos) -> None:
    lines, texts, labels = judged.wordings()
    assert texts == ["dog", "dogs", "A DOG!!!", "GRASS!!!", "a photo of a dog", "a photo of grass"]
    assert lines[1] == "words, dogs"
    assert labels[3].tolist() == judged.shows[1].tolist()


def test_a_sentence_is_right_for_its_photo_and_unsure_for_one_of_the_same_things(judged: JudgedPhotos) -> None:
    _, texts, labels = judged.described()
    assert texts == ["a dog on grass", "a lawn", "a wall"]
    assert labels.tolist() == [
        [RELEVANT, UNSURE, NOT_RELEVANT],
        [UNSURE, RELEVANT, NOT_RELEVANT],
        [NOT_RELEVANT, NOT_RELEVANT, RELEVANT],
    ]


def test_a_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    (tmp_path / "other.json").write_text("[]")
    for name in ("other.json", "missing.json"):
        with pytest.raises(DataError, match=f"{name} cannot be read as judged photos"):
            read_judged(tmp_path / name, "fit")


def test_the_committed_judgements_have_halves_that_share_nothing() -> None:
    fit, measure = read_judged(JUDGED, "fit"), read_judged(JUDGED, "measure")
    assert len(fit.files) == len(measure.files) == 400
    assert not set(fit.files) & set(measure.files)
    assert not {one["en"] for one in fit.concepts} & {one["en"] for one in measure.concepts}
    assert len(fit.languages) == 18
