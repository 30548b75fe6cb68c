import json

import numpy as np
import pytest

from twinlens.errors import BundleError
from twinlens.model.bundle import MANIFEST, Bundle, open_bundle
from twinlens.model.load import find_bundle
from twinlens.model.relevance_file import REFERENCE, open_relevance, save_calibration
from twinlens.relevance.judge import RelevanceJudge
from twinlens.relevance.maps import Calibration, LogisticMap, RelevanceMap

RISING = LogisticMap(intercept=-3.0, weights={"z": 1.0, "log_n": -0.5})
FORMER_NAMES = {
    "query_threshold": "least_query",
    "hit_threshold": "least_hit",
    "relative_threshold": "least_share",
    "max_fitted_photos": "largest",
}


def unit_rows(count: int, dim: int = 6, *, seed: int = 0) -> np.ndarray:
    rows = np.random.default_rng(seed).normal(size=(count, dim)).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def calibration(model: str = "m", *, query_threshold: float = 0.5) -> Calibration:
    text = RelevanceMap(
        hit=RISING,
        query=RISING,
        query_threshold=query_threshold,
        hit_threshold=0.2,
        relative_threshold=0.1,
        max_fitted_photos=1000,
    )
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
    read, made = (one.judge(query, "text", best=0.4, num_candidates=9) for one in (judge, direct))
    np.testing.assert_array_equal(read.probability([0.4, 0.1]), made.probability([0.4, 0.1]))


def test_a_later_calibration_replaces_the_earlier_one(calibrated):
    bundle = open_bundle(calibrated)
    later = calibration(bundle.fingerprint, query_threshold=0.7)
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


# --- names in the manifest --------------------------------------------------------------------


def rename(folder, names: dict[str, str]) -> Bundle:
    """The bundle with other keys in its manifest."""
    text = (folder / MANIFEST).read_text()
    for old, new in names.items():
        assert f'"{old}"' in text
        text = text.replace(f'"{old}"', f'"{new}"')
    (folder / MANIFEST).write_text(text)
    return open_bundle(folder)


def test_a_manifest_with_the_former_names_is_the_same_manifest(calibrated):
    wanted = open_bundle(calibrated)
    former = rename(calibrated, FORMER_NAMES)
    assert former.manifest == wanted.manifest
    assert former.fingerprint == wanted.fingerprint
    assert open_relevance(former).calibration == open_relevance(wanted).calibration


def test_a_manifest_is_written_with_the_new_names(calibrated):
    bundle = rename(calibrated, FORMER_NAMES)
    save_calibration(bundle, bundle.manifest.calibration, unit_rows(7))
    written = json.loads((calibrated / MANIFEST).read_text())["calibration"]["text"]
    assert set(written) == {"hit", "query", *FORMER_NAMES}


def test_a_manifest_with_neither_name_is_refused(calibrated):
    with pytest.raises(BundleError, match=r"calibration\.text\.hit_threshold: Field required"):
        rename(calibrated, {"hit_threshold": "least"})


def test_the_default_models_calibration_is_of_that_model():
    judge = open_relevance(open_bundle(find_bundle("default")))
    assert judge.calibration.text.max_fitted_photos == 1300
    assert judge.calibration.photo is not None
