"""The recommended model is the most relevant one that the machine and the searchers can use."""

import pytest

from twinlens.errors import DataError
from twinlens.evaluation.speed.machine import Machine
from twinlens.evaluation.speed.recommend import Candidate, Library, recommend

DEFAULT = Candidate("default", True, ("en", "de"), flickr30k=25.0, parameters_m=30, photos_per_s=40.0)
SMALL = Candidate("clip-b32", False, ("en",), flickr30k=58.8, parameters_m=151, photo_gflops=8.8)
LARGE = Candidate("siglip-l16", False, ("en",), flickr30k=81.4, parameters_m=652, photo_gflops=380.0)
MANY = Candidate("siglip2-b16", False, ("mul",), parameters_m=375, photo_gflops=35.0)
ALL = (DEFAULT, SMALL, LARGE, MANY)
LAPTOP = Machine(cores=4, memory_bytes=16_000_000_000, gflops=200.0)


def library(photos: int = 1000, *languages: str) -> Library:
    return Library(photos, decoding_s=0.01, languages=languages or ("en",))


def test_the_most_relevant_model_that_fits_is_named_with_reasons() -> None:
    found = recommend(ALL, LAPTOP, library())
    assert found.model.candidate is LARGE
    assert found.model.seconds == pytest.approx(1000 * (0.01 + 380 / 100))
    text = "; ".join(found.reasons)
    assert "81.4 on Flickr30k, clip-b32 58.8" in text
    assert "it understands en" in text
    assert "min on 4 cores (an estimate)" in text


def test_a_library_that_would_take_days_gets_a_faster_model() -> None:
    found = recommend(ALL, LAPTOP, library(100_000))
    assert found.model.candidate is SMALL
    assert found.others[-1].against or found.others[0].against
    assert any("100,000 photos would take 105" in why for one in found.others for why in one.against)


def test_little_memory_leaves_large_models_out() -> None:
    found = recommend(ALL, Machine(2, 4_000_000_000, 200.0), library())
    assert found.model.candidate is SMALL
    assert ("it needs about 3.7 GB of 4.0 GB of memory",) in [one.against for one in found.others]


def test_only_models_that_understand_the_language_are_named() -> None:
    assert recommend(ALL, LAPTOP, library(1000, "de")).model.candidate is DEFAULT
    assert recommend(ALL, LAPTOP, library(1000, "ja")).model.candidate is MANY
    assert recommend((SMALL, MANY), LAPTOP, library(1000, "de-CH")).model.candidate is MANY


def test_a_measured_speed_goes_before_an_estimate() -> None:
    found = recommend((DEFAULT,), LAPTOP, library(4000))
    assert found.model.seconds == pytest.approx(100.0)
    assert "measured on this library's photos" in "; ".join(found.reasons)


def test_where_none_fits_the_first_one_stays_and_the_reason_is_said() -> None:
    found = recommend((DEFAULT, SMALL), LAPTOP, library(1000, "ja"))
    assert found.model.candidate is DEFAULT
    assert found.reasons == ("no model fits: of default, it is not known to understand ja",)


def test_no_candidates_are_an_error() -> None:
    with pytest.raises(DataError, match="no models"):
        recommend((), LAPTOP, library())
