import numpy as np

from twinlens.everyday.agreement import GRADES, Agreement

TEXTS = ["a dog", "a dog on a beach", "a dog on a bed", "a cat on a bed", "a receipt", "a tree", "a lamp", "a door"]


def best(scores: list[float]) -> tuple[str, float]:
    worth, probability = Agreement(TEXTS).judge(np.array(scores))
    row = int(np.argmax(worth))
    return TEXTS[row], float(probability[row])


def test_where_the_best_descriptions_differ_the_words_they_share_are_said() -> None:
    said, probability = best([0.42, 0.41, 0.41, 0.1, 0.0, 0.0, 0.0, 0.0])
    assert said == "a dog"
    assert probability > 0.8


def test_where_one_description_stands_out_all_of_it_is_said() -> None:
    assert best([0.2, 0.6, 0.2, 0.0, 0.0, 0.0, 0.0, 0.0])[0] == "a dog on a beach"


def test_a_description_far_below_the_best_is_never_the_first() -> None:
    said, _ = best([-0.2, 0.41, 0.42, 0.1, 0.0, 0.0, 0.0, 0.0])
    assert said in ("a dog on a beach", "a dog on a bed")


def test_probabilities_of_words_are_those_of_the_formula() -> None:
    scores = np.array([0.4, 0.3, 0.1, 0.2])
    likely = np.exp(2.5 * (scores - scores.mean()) / scores.std())
    likely /= likely.sum()
    _, probability = Agreement(["a dog", "a dog on a bed", "a lamp", "a bed"]).judge(scores)
    dog, bed, lamp = likely[0] + likely[1], likely[1] + likely[3], likely[2]
    assert np.allclose(probability, [dog, (dog + bed) / 2, lamp, bed])


def test_scores_that_tell_nothing_give_no_grade() -> None:
    _, probability = Agreement([f"thing{number}" for number in range(40)]).judge(np.zeros(40))
    assert set(GRADES.grades(probability)) == {None}


def test_a_description_that_says_what_an_earlier_one_has_said_is_left_out() -> None:
    agreement = Agreement(["a dog running", "two dogs running", "a dog on a green lawn", "a lawn"])
    assert agreement.different(np.array([0, 1, 2, 3]), 9) == [0, 2, 3]
    assert agreement.different(np.array([0, 1, 2, 3]), 2) == [0, 2]
