import numpy as np
import pytest

from twinlens.relevance.background import FEWEST, BackgroundJudge, everyday_texts, robust_scale
from twinlens.types import GRADES

TEXTS = 60


def unit(rows: np.ndarray) -> np.ndarray:
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def world(
    photos: int, *, seed: int = 0, texts: int = TEXTS, dim: int = 64
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Photos of one of many things each, texts that name these things, and which text names which photo's thing."""
    random = np.random.default_rng(seed)
    things = unit(random.normal(size=(texts, dim)))
    shown = random.integers(0, texts, photos)
    return unit(0.5 * things[shown] + unit(random.normal(size=(photos, dim)))), things, shown


def level(grade: str | None) -> int:
    return 0 if grade is None else len(GRADES) - GRADES.index(grade)


@pytest.mark.parametrize("photos", [20, 400])
def test_photos_that_show_what_a_text_names_have_higher_grades(photos: int) -> None:
    library, texts, shown = world(photos)
    judge = BackgroundJudge(library, lambda: texts)
    right, wrong = [], []
    for row, text in enumerate(texts):
        said = judge.judge(text, "text")
        assert said is not None
        levels = np.array([level(grade) for grade in said.grades((library @ text).tolist())])
        right += levels[shown == row].tolist()
        wrong += levels[shown != row].tolist()
    assert np.mean(np.array(right) > 0) > 0.5
    assert np.mean(np.array(wrong) > 0) < 0.02


def test_a_thing_that_a_tenth_of_the_library_shows_has_its_grade_all_the_same() -> None:
    library, texts, shown = world(200)
    many = np.concatenate([library, np.repeat(library[shown == shown[0]], 60, axis=0)[:20]])
    said = [BackgroundJudge(photos, lambda: texts).judge(texts[shown[0]], "text") for photos in (library, many)]
    score = [float((library[shown == shown[0]] @ texts[shown[0]]).max())]
    assert [one.grades(score)[0] is not None for one in said if one] == [True, True]


def test_a_better_score_is_never_less_sure() -> None:
    library, texts, _ = world(100)
    judge = BackgroundJudge(library, lambda: texts)
    for kind in ("text", "photo"):
        said = judge.judge(texts[0], kind)
        assert said is not None
        assert (np.diff([level(grade) for grade in said.grades(np.linspace(-1, 1, 81).tolist())]) >= 0).all()


@pytest.mark.parametrize("photos", [5, 2 * FEWEST])
def test_texts_that_all_score_the_same_tell_nothing(photos: int) -> None:
    library, texts, _ = world(photos)
    assert BackgroundJudge(library, lambda: np.repeat(texts[:1], 9, axis=0)).judge(texts[0], "text") is None


def test_a_few_photos_tell_nothing_of_photos_and_none_of_texts() -> None:
    library, texts, _ = world(FEWEST - 1)
    assert BackgroundJudge(library, lambda: texts).judge(library[0], "photo") is None
    assert BackgroundJudge(library[:0], lambda: texts).judge(texts[0], "text") is None


def test_a_copy_of_a_query_photo_is_certain_and_no_other_photo_is_more_than_possible() -> None:
    library, texts, _ = world(100)
    said = BackgroundJudge(library, lambda: texts).judge(library[0], "photo")
    assert said is not None
    assert said.grades([1.0]) == ["strong"]
    assert set(said.grades(np.linspace(-1, 0.99, 50).tolist())) <= {None, "possible"}


def test_the_middle_and_spread_are_those_of_the_lower_half() -> None:
    scores = np.random.default_rng(0).normal(0.1, 0.05, (1, 20_000))
    middle, spread = robust_scale(scores)
    assert (middle.item(), spread.item()) == (pytest.approx(0.1, abs=0.002), pytest.approx(0.05, abs=0.002))
    scores[0, scores[0] > 0.15] += 1.0
    assert robust_scale(scores)[1] == pytest.approx(spread)


def test_everyday_texts_are_about_three_hundred_and_none_comes_twice() -> None:
    assert 250 < len(set(everyday_texts())) == len(everyday_texts())
