import json

import numpy as np
import pytest

from twinlens.errors import BundleError
from twinlens.model.bundle import MANIFEST, open_bundle, write_manifest
from twinlens.model.load import find_bundle, load_model
from twinlens.model.relevance_file import REFERENCE, open_relevance, save_calibration
from twinlens.relevance.judge import RelevanceJudge
from twinlens.relevance.maps import Calibration, GradeThresholds, LogisticMap, RelevanceMap

RISING = LogisticMap(intercept=-3.0, weights={"z": 1.0, "mean": -0.5})


def unit_rows(count: int, dim: int = 6, *, seed: int = 0) -> np.ndarray:
    rows = np.random.default_rng(seed).normal(size=(count, dim)).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def calibration(model: str = "m", *, strong: float = 0.9) -> Calibration:
    text = RelevanceMap(hit=RISING, grades=GradeThresholds(strong=strong, likely=0.5, possible=0.1))
    return Calibration(model=model, text=text)


@pytest.fixture
def calibrated(bundle_folder):
    bundle = open_bundle(bundle_folder)
    save_calibration(bundle, calibration(bundle.fingerprint), unit_rows(7))
    return bundle_folder


def test_a_bundle_without_calibration_has_no_judge(tiny_bundle):
    assert open_relevance(tiny_bundle) is None


def test_a_calibration_is_read_back_and_the_fingerprint_stays(calibrated, tiny_bundle):
    bundle = open_bundle(calibrated)
    assert bundle.fingerprint == tiny_bundle.fingerprint
    judge = open_relevance(bundle)
    assert judge.calibration == calibration(bundle.fingerprint)
    direct = RelevanceJudge(calibration(), unit_rows(7).astype(np.float16).astype(np.float32))
    query = unit_rows(1, seed=5)[0]
    read, made = (one.judge(query, "text") for one in (judge, direct))
    np.testing.assert_array_equal(read.probability([0.4, 0.1]), made.probability([0.4, 0.1]))


def test_a_later_calibration_replaces_the_earlier_one(calibrated):
    bundle = open_bundle(calibrated)
    later = calibration(bundle.fingerprint, strong=0.7)
    save_calibration(bundle, later, unit_rows(5))
    assert open_relevance(open_bundle(calibrated)).calibration == later


def test_a_calibration_of_another_model_is_not_used_and_the_log_says_so(calibrated, caplog):
    save_calibration(open_bundle(calibrated), calibration("another"), unit_rows(7))
    assert open_relevance(open_bundle(calibrated)) is None
    assert "was fitted for model another" in caplog.text


def test_damaged_reference_photos_are_named(calibrated):
    path = calibrated / REFERENCE
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    with pytest.raises(BundleError, match=r"reference\.npy is damaged"):
        open_relevance(open_bundle(calibrated))
    path.unlink()
    with pytest.raises(BundleError, match=r"reference\.npy cannot be read"):
        open_relevance(open_bundle(calibrated))


def test_reference_photos_of_another_dimension_are_refused(calibrated):
    bundle = open_bundle(calibrated)
    save_calibration(bundle, calibration(bundle.fingerprint), unit_rows(7, dim=5))
    with pytest.raises(BundleError, match=r"must be \[R, 6\], got \[7, 5\]"):
        open_relevance(open_bundle(calibrated))


# --- calibrations of other releases


FORMER = {
    "model": "0123456789abcdef",
    "text": {
        "hit": {"intercept": 1.0, "weights": {"z": 1.8, "log_n": -0.9}},
        "query": {"intercept": 1.0, "weights": {"score": 14.0, "log_n": -0.6}},
        "query_threshold": 0.5,
        "hit_threshold": 0.006,
        "relative_threshold": 0.08,
        "max_fitted_photos": 1300,
    },
    "photo": None,
    "fitted": {"data": "300 photos"},
}


@pytest.fixture(params=["earlier", "later"])
def foreign(request, bundle_folder):
    """A bundle with a calibration in another format."""
    bundle = open_bundle(bundle_folder)
    fields = FORMER | {"model": bundle.fingerprint} | ({"version": 3} if request.param == "later" else {})
    written = json.loads((bundle_folder / MANIFEST).read_text()) | {"calibration": fields}
    (bundle_folder / MANIFEST).write_text(json.dumps(written))
    return bundle_folder, fields


def test_a_calibration_of_another_release_is_not_used_and_the_log_says_what_to_do(foreign, caplog):
    folder, _ = foreign
    assert open_relevance(open_bundle(folder)) is None
    assert "is of another release" in caplog.text
    assert "twinlens models calibrate" in caplog.text


def test_a_bundle_keeps_a_calibration_that_is_not_read(foreign):
    folder, fields = foreign
    bundle = open_bundle(folder)
    write_manifest(folder, bundle.manifest)
    assert json.loads((folder / MANIFEST).read_text())["calibration"] == fields


def test_a_model_with_a_calibration_that_is_not_read_is_not_called_calibrated(foreign):
    assert load_model(foreign[0]).describe().is_calibrated is False


def test_a_calibration_without_thresholds_is_refused(calibrated):
    written = json.loads((calibrated / MANIFEST).read_text())
    del written["calibration"]["text"]["grades"]["likely"]
    (calibrated / MANIFEST).write_text(json.dumps(written))
    with pytest.raises(BundleError, match=r"text\.grades\.likely: Field required"):
        open_bundle(calibrated)


def test_the_default_models_calibration_is_of_that_model():
    judge = open_relevance(open_bundle(find_bundle("default")))
    assert judge.calibration.photo is not None
    assert "en" in judge.calibration.fitted["languages"]
