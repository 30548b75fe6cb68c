"""The recommended model is the most relevant one that the machine and the searchers can use."""

import pytest

from twinlens.errors import DataError
from twinlens.evaluation.speed.machine import Machine
from twinlens.evaluation.speed.recommend import Candidate, Library, recommend

DEFAULT = Candidate("default", True, ("en", "de"), parameters_m=30, photos_per_s=40.0)
SMALL = Candidate("clip-b32", False, ("en",), {"en": 59.4, "fr": 35.2}, parameters_m=151, photo_gflops=8.8)
LARGE = Candidate("siglip-l16", False, ("en",), {"en": 72.6, "nl": 73.0}, parameters_m=652, photo_gflops=380.0)
MANY = Candidate(
    "siglip2-b16",
    False,
    ("mul",),
    {"en": 70.0, "de": 86.4, "ja": 58.1, "hi": 27.9},
    parameters_m=375,
    photo_gflops=35.0,
)
ALL = (DEFAULT, SMALL, LARGE, MANY)
LAPTOP = Machine(cores=4, memory_bytes=16_000_000_000, gflops=200.0)


def library(photos: int = 1000, *languages: str) -> Library:
    return Library(photos, decoding_s=0.01, languages=languages or ("en",))


def test_the_most_relevant_model_that_fits_is_named_with_reasons() -> None:
    found = recommend(ALL, LAPTOP, library())
    assert found.model.candidate is LARGE
    assert found.model.seconds == pytest.approx(1000 * (0.01 + 380 / 100))
    text = "; ".join(found.reasons)
    assert "mean of R@1, R@5 and R@10 of 72.6 on Crossmodal-3600 in these languages, siglip2-b16 70.0" in text
    assert "it understands en" in text
    assert "min on 4 cores (an estimate)" in text


def test_a_library_that_would_take_days_gets_a_faster_model() -> None:
    found = recommend(ALL, LAPTOP, library(100_000))
    assert found.model.candidate is SMALL
    assert [one.candidate.name for one in found.others if not one.against] == ["default"]
    assert any("100,000 photos would take 105" in why for one in found.others for why in one.against)


def test_little_memory_leaves_large_models_out() -> None:
    found = recommend(ALL, Machine(2, 4_000_000_000, 200.0), library())
    assert found.model.candidate is SMALL
    assert ("it needs about 2.3 GB of 4.0 GB of memory",) in [one.against for one in found.others]
    assert ("it needs about 3.7 GB of 4.0 GB of memory",) in [one.against for one in found.others]


def test_only_models_that_understand_the_language_are_named() -> None:
    assert recommend(ALL, LAPTOP, library(1000, "ja")).model.candidate is MANY
    assert recommend((SMALL, MANY), LAPTOP, library(1000, "de-CH")).model.candidate is MANY
    assert recommend((DEFAULT, SMALL), LAPTOP, library(1000, "de")).model.candidate is DEFAULT


def test_what_was_measured_in_a_language_goes_before_what_a_card_says() -> None:
    assert recommend(ALL, LAPTOP, library(1000, "nl")).model.candidate is LARGE
    hindi = recommend((MANY, LARGE), LAPTOP, library(1000, "hi"))
    assert [one.against for one in (hindi.model, *hindi.others)] == 2 * [("it is not known to understand hi",)]
    assert recommend((SMALL, MANY), LAPTOP, library(1000, "ta")).model.candidate is MANY  # measured in neither


def test_several_languages_count_alike() -> None:
    other = Candidate("other", False, ("mul",), {"en": 90.0, "de": 60.0}, parameters_m=100, photo_gflops=9.0)
    assert recommend((MANY, other), LAPTOP, library(1000, "de")).model.candidate is MANY
    assert recommend((MANY, other), LAPTOP, library(1000, "en", "de")).model.candidate is MANY
    found = recommend((MANY, other), LAPTOP, library(1000, "en"))
    assert (found.model.candidate, found.model.recall) == (other, 90.0)


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
