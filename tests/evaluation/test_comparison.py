import json

import numpy as np
import pytest

from twinlens.errors import DataError
from twinlens.evaluation.comparison import compare_pairs
from twinlens.evaluation.pairs import EmbeddedPairs, checked_pairs
from twinlens.evaluation.retrieval import evaluate_pairs

INDEX = np.repeat(np.arange(80), 2)


def noisy(noise: float, *, seed: int = 0, dim: int = 12) -> EmbeddedPairs:
    random = np.random.default_rng(seed)
    images = random.normal(size=(80, dim))
    return checked_pairs(images, images[INDEX] + noise * random.normal(size=(160, dim)), INDEX)


def test_a_clearly_better_model_is_found_better_and_the_figures_are_those_of_evaluate() -> None:
    good, bad = noisy(0.6), noisy(1.6)
    found = compare_pairs(good, bad)
    for direction in ("text_to_image", "image_to_text"):
        one = getattr(found, direction)["R@1"]
        assert one.a == pytest.approx(getattr(evaluate_pairs(good, resamples=0), direction)["R@1"], abs=1e-3)
        assert one.b == pytest.approx(getattr(evaluate_pairs(bad, resamples=0), direction)["R@1"], abs=1e-3)
        assert one.difference == pytest.approx(one.a - one.b, abs=1e-5)
        assert one.a_better == 1.0
        assert 0 < one.ci95[0] < one.difference < one.ci95[1]


def test_each_models_own_interval_is_that_of_evaluate() -> None:
    pairs = {"A: mine": noisy(0.8), "B: mine": noisy(1.2)}  # one name for both, as of two files in two folders
    reports = compare_pairs(*pairs.values(), names=("mine", "mine")).reports()
    assert reports.keys() == pairs.keys()
    for name, own in pairs.items():
        measured = evaluate_pairs(own).to_json()
        for direction in ("text_to_image", "image_to_text"):
            found = reports[name][direction]
            for measure in ("R@1", "R@10", "mAP"):
                assert found[measure] == pytest.approx(measured[direction][measure], abs=1e-3)
                assert found["ci95"][measure] == pytest.approx(measured[direction]["ci95"][measure], abs=1e-3)


def test_the_other_way_round_gives_the_same_with_the_other_sign() -> None:
    here = compare_pairs(noisy(0.9), noisy(1.0, seed=1)).text_to_image
    there = compare_pairs(noisy(1.0, seed=1), noisy(0.9)).text_to_image
    for name, found in here.items():
        assert there[name].difference == pytest.approx(-found.difference)
        assert there[name].ci95 == pytest.approx((-found.ci95[1], -found.ci95[0]), abs=1e-3)


def test_a_model_is_not_better_than_itself() -> None:
    found = compare_pairs(noisy(1.0), noisy(1.0)).image_to_text["R@1"]
    assert (found.difference, found.ci95, found.a_better) == (0.0, (0.0, 0.0), 0.0)


def test_models_of_equal_worth_are_not_told_apart() -> None:
    sure = 0
    for seed in range(20):
        found = compare_pairs(noisy(1.0, seed=seed), noisy(1.0, seed=seed + 100), resamples=200).text_to_image["R@1"]
        sure += not found.ci95[0] <= 0 <= found.ci95[1]
    assert sure <= 4


def test_pairing_makes_the_interval_narrower_than_two_intervals_apart() -> None:
    base = noisy(1.0)
    nudged = checked_pairs(
        base.images, base.texts + 0.05 * np.random.default_rng(3).normal(size=base.texts.shape), INDEX
    )
    low, high = compare_pairs(base, nudged).text_to_image["R@1"].ci95
    alone = evaluate_pairs(base).ci95["text_to_image"]["R@1"]
    assert high - low < 0.7 * (alone[1] - alone[0])


def test_spaces_of_different_size_can_be_compared() -> None:
    assert compare_pairs(noisy(0.5), noisy(0.5, dim=5), ks=[3]).text_to_image.keys() == set(
        "R@3 MRR mAP R-Precision mAP@R nDCG@10".split()
    )


def test_other_data_is_refused() -> None:
    pairs = noisy(1.0)
    with pytest.raises(DataError, match="A has 80 photos and 160 captions, B has 40 photos and 80 captions"):
        compare_pairs(pairs, pairs.part(np.arange(40)))
    turned = EmbeddedPairs(pairs.images, pairs.texts, pairs.text_image_index[::-1])
    with pytest.raises(DataError, match="different order"):
        compare_pairs(pairs, turned)
    named = [EmbeddedPairs(pairs.images, pairs.texts, INDEX, captions=(first, *"x" * 159)) for first in "ab"]
    with pytest.raises(DataError, match="different photos or captions"):
        compare_pairs(*named)


def test_the_comparison_can_be_printed_and_written_as_json() -> None:
    told: list[tuple[int, int]] = []
    found = compare_pairs(noisy(0.9), noisy(1.0), names=("new", "old"), on_progress=lambda *done: told.append(done))
    fields = json.loads(json.dumps(found.to_json()))
    assert (fields["a"], fields["b"], fields["n_images"], fields["n_captions"]) == ("new", "old", 80, 160)
    assert fields["text_to_image"]["R@5"].keys() == {*("a", "b", "difference", "ci95", "a_ci95", "b_ci95", "a_better")}
    assert "A = new, B = old" in str(found)
    assert len(str(found).splitlines()) == 2 + 2 * 8
    assert told[-1] == (480, 480)
