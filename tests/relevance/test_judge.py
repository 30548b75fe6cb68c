import numpy as np
import pytest
from pydantic import ValidationError

from twinlens.errors import BundleError
from twinlens.model.bundle import MANIFEST, open_bundle
from twinlens.model.relevance_file import REFERENCE, open_relevance, save_calibration
from twinlens.relevance.judge import Relevance, Scale, features, probabilities, score_scale
from twinlens.relevance.maps import Calibration, LogisticMap, RelevanceMap

RISING = LogisticMap(intercept=-3.0, weights={"z": 1.0, "log_n": -0.5})


def unit_rows(count: int, dim: int = 6, *, seed: int = 0) -> np.ndarray:
    rows = np.random.default_rng(seed).normal(size=(count, dim)).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def calibration(model: str = "m", *, least_query: float = 0.5, photo: bool = False) -> Calibration:
    one = RelevanceMap(hit=RISING, query=RISING, least_query=least_query, least_hit=0.2, largest=1000)
    return Calibration(model=model, text=one, photo=one if photo else None)


def test_a_querys_scale_is_that_of_its_scores_one_by_one():
    queries, reference = unit_rows(3), unit_rows(40, seed=1)
    found = score_scale(queries, reference)
    for row, query in enumerate(queries):
        scores = [float(np.dot(query, photo)) for photo in reference]
        mean = sum(scores) / 40
        variance = sum((score - mean) ** 2 for score in scores) / 40
        fourth = sum((score - mean) ** 4 for score in scores) / 40
        assert [column[row] for column in found] == pytest.approx(
            [mean, variance**0.5, fourth / variance**2], rel=1e-4, abs=1e-6
        )


def test_a_query_to_which_all_photos_are_alike_gives_finite_features():
    same = np.repeat(unit_rows(1), 9, axis=0)
    table = features(np.array([[0.5, 0.1]]), score_scale(unit_rows(1, seed=2), same), 1)
    assert all(np.isfinite(column).all() for column in table.values())


def test_a_probability_is_the_sigmoid_of_the_weighted_features():
    scale = Scale(np.array([0.1]), np.array([0.05]), np.array([3.0]))
    chance = probabilities(RISING, features(np.array([[0.35]]), scale, 100))
    assert chance.item() == pytest.approx(1 / (1 + np.exp(-(-3 + 5 - 0.5 * np.log(100)))))


@pytest.mark.parametrize("num_candidates", [0, 1, 1_000_000])
def test_a_better_score_never_has_a_lower_probability(num_candidates):
    relevance = Relevance(calibration(), unit_rows(50))
    judgement = relevance.judge(unit_rows(1, seed=3)[0], "text", best=0.9, num_candidates=num_candidates)
    chances = judgement.probability(np.linspace(-1, 1, 101))
    assert (np.diff(chances) >= 0).all()
    assert ((chances >= 0) & (chances <= 1)).all()


def test_nothing_matches_where_the_best_hit_is_weak_whatever_its_probability():
    relevance = Relevance(calibration(least_query=0.3), unit_rows(50))
    query = unit_rows(1, seed=3)[0]
    weak, strong = (relevance.judge(query, "text", best=best, num_candidates=1) for best in (0.1, 1.0))
    assert (weak.answered, strong.answered) == (False, True)
    scores = np.linspace(-1, 1, 101)
    assert not weak.relevant(scores).any()
    assert strong.relevant(scores).tolist() == (strong.probability(scores) >= 0.2).tolist()
    assert 0 < strong.relevant(scores).sum() < 101


def test_beside_a_sure_hit_a_weak_one_is_no_match():
    one = RelevanceMap(hit=RISING, query=RISING, least_query=0.0, least_hit=0.01, least_share=0.5, largest=1000)
    relevance = Relevance(Calibration(model="m", text=one), unit_rows(50))
    query, scores = unit_rows(1, seed=3)[0], np.linspace(-1, 1, 101)
    for best in (0.3, 0.9):
        judgement = relevance.judge(query, "text", best=best, num_candidates=1)
        (of_best,) = judgement.probability([best])
        least = max(0.01, 0.5 * of_best)
        assert judgement.relevant(scores).tolist() == (judgement.probability(scores) >= least).tolist()
        assert judgement.relevant([best]).all()


def test_the_lines_stay_where_they_were_in_the_largest_collection_fitted_on():
    relevance = Relevance(calibration(least_query=0.01), unit_rows(50))
    query, scores = unit_rows(1, seed=3)[0], np.linspace(-1, 1, 101)
    largest, vast = (relevance.judge(query, "text", best=1.0, num_candidates=n) for n in (1000, 10_000_000))
    assert vast.answered
    assert vast.relevant(scores).tolist() == largest.relevant(scores).tolist()
    assert (vast.probability(scores) < largest.probability(scores)).all()


def test_photos_as_queries_have_their_own_map_or_none():
    query = unit_rows(1)[0]
    assert Relevance(calibration(), unit_rows(9)).judge(query, "photo", best=0.5, num_candidates=5) is None
    assert Relevance(calibration(photo=True), unit_rows(9)).judge(query, "photo", best=0.5, num_candidates=5)


@pytest.mark.parametrize("weights", [{"z": -1.0}, {"score": -0.1, "z": 2.0}, {"log_n": 1.0}, {}])
def test_a_map_by_which_a_better_score_is_less_probable_is_refused(weights):
    with pytest.raises(ValidationError, match="a better score must make a hit more probable"):
        LogisticMap(intercept=0.0, weights=weights)


def test_a_bundle_without_calibration_has_no_relevance(tiny_bundle):
    assert open_relevance(tiny_bundle) is None


class TestInABundle:
    @pytest.fixture
    def calibrated(self, bundle_folder):
        bundle = open_bundle(bundle_folder)
        save_calibration(bundle, calibration(bundle.fingerprint), unit_rows(7))
        return bundle_folder

    def test_it_is_read_back_and_the_fingerprint_stays(self, calibrated, tiny_bundle):
        bundle = open_bundle(calibrated)
        assert bundle.fingerprint == tiny_bundle.fingerprint
        relevance = open_relevance(bundle)
        assert relevance.calibration == calibration(bundle.fingerprint)
        direct = Relevance(calibration(), unit_rows(7).astype(np.float16).astype(np.float32))
        query = unit_rows(1, seed=5)[0]
        read, made = (one.judge(query, "text", best=0.4, num_candidates=9) for one in (relevance, direct))
        np.testing.assert_array_equal(read.probability([0.4, 0.1]), made.probability([0.4, 0.1]))

    def test_it_is_replaced_by_a_later_one(self, calibrated):
        bundle = open_bundle(calibrated)
        later = calibration(bundle.fingerprint, least_query=0.7)
        save_calibration(bundle, later, unit_rows(5))
        assert open_relevance(open_bundle(calibrated)).calibration == later

    def test_that_of_another_model_is_not_used_and_the_log_says_so(self, calibrated, caplog):
        bundle = open_bundle(calibrated)
        save_calibration(bundle, calibration("another"), unit_rows(7))
        assert open_relevance(open_bundle(calibrated)) is None
        assert "was fitted for model another" in caplog.text

    def test_damaged_reference_photos_are_named(self, calibrated):
        path = calibrated / REFERENCE
        path.write_bytes(path.read_bytes()[:-1] + b"x")
        with pytest.raises(BundleError, match=r"reference\.npy is damaged"):
            open_relevance(open_bundle(calibrated))
        path.unlink()
        with pytest.raises(BundleError, match=r"reference\.npy cannot be read"):
            open_relevance(open_bundle(calibrated))

    def test_reference_photos_of_another_space_are_refused(self, calibrated):
        bundle = open_bundle(calibrated)
        save_calibration(bundle, calibration(bundle.fingerprint), unit_rows(7, dim=5))
        with pytest.raises(BundleError, match=r"must be \[R, 6\], got \[7, 5\]"):
            open_relevance(open_bundle(calibrated))

    def test_a_calibration_of_another_shape_is_no_valid_manifest(self, calibrated):
        text = (calibrated / MANIFEST).read_text().replace('"least_hit"', '"least"')
        (calibrated / MANIFEST).write_text(text)
        with pytest.raises(BundleError, match=r"calibration\.text\.least_hit"):
            open_bundle(calibrated)
