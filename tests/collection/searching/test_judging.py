import numpy as np
import pytest

from conftest import ColourEncoder
from twinlens.collection.searching.judging import judge, match_test
from twinlens.collection.searching.query import parse_query
from twinlens.collection.searching.search import Search
from twinlens.errors import NoProbabilitiesError
from twinlens.model.load import load_model
from twinlens.model.onnx_encoder import OnnxDualEncoder
from twinlens.model.relevance_file import save_calibration
from twinlens.relevance.maps import Calibration, LogisticMap, RelevanceMap


def always(probability: float) -> RelevanceMap:
    """The same probability for all hits, but for the last digits."""
    same = LogisticMap(intercept=float(np.log(probability / (1 - probability))), weights={"z": 1e-9})
    return RelevanceMap(hit=same, query=same, query_threshold=0.0, hit_threshold=0.0, max_fitted_photos=1000)


@pytest.fixture
def encoder_of_words_and_photos(tmp_path) -> OnnxDualEncoder:
    """A model that gives any answer to words 0.9 and any to photos 0.2."""
    source = load_model("default").bundle.directory
    for file in source.iterdir():
        if file.is_file():
            (tmp_path / file.name).write_bytes(file.read_bytes())
    bundle = load_model(tmp_path).bundle
    rows = np.eye(4, bundle.manifest.embedding_dim, dtype=np.float32)
    save_calibration(bundle, Calibration(model=bundle.fingerprint, text=always(0.9), photo=always(0.2)), rows)
    return load_model(tmp_path)


@pytest.mark.parametrize(
    ("query", "probability"),
    [
        ("a dog", 0.9),
        ("./a.jpg", 0.2),
        ("./a.jpg + ./b.jpg", 0.2),
        ("a dog - night", 0.9),
    ],
)
def test_words_and_photos_have_maps_of_their_own(encoder_of_words_and_photos, query, probability):
    vector = np.eye(1, encoder_of_words_and_photos.dim, dtype=np.float32)[0]
    said = judge(parse_query(query), vector, encoder_of_words_and_photos, best=0.3, num_candidates=10)
    assert said.probability([0.3]).item() == pytest.approx(probability)


@pytest.mark.parametrize("query", ["./a.jpg + 0.1 night", "./a.jpg - night"])
def test_of_a_sum_of_words_and_photos_nothing_is_said(encoder_of_words_and_photos, query):
    vector = np.eye(1, encoder_of_words_and_photos.dim, dtype=np.float32)[0]
    assert judge(parse_query(query), vector, encoder_of_words_and_photos, best=0.3, num_candidates=10) is None


def test_a_model_that_is_no_bundle_or_is_gone_judges_nothing():
    vector = np.eye(1, 8, dtype=np.float32)[0]
    for encoder in (ColourEncoder(), None):
        assert judge(parse_query("red"), vector, encoder, best=0.3, num_candidates=10) is None


def search(**options: object) -> Search:
    return Search.of("a dog", **options)


def test_a_least_probability_takes_the_place_of_the_models_own_threshold(encoder_of_words_and_photos):
    vector = np.eye(1, encoder_of_words_and_photos.dim, dtype=np.float32)[0]
    said = judge(parse_query("a dog"), vector, encoder_of_words_and_photos, best=0.3, num_candidates=10)
    assert match_test(search(), said)([0.3]).tolist() == [True]
    assert match_test(search(min_probability=0.89), said)([0.3]).tolist() == [True]
    assert match_test(search(min_probability=0.91), said)([0.3]).tolist() == [False]


def test_a_least_probability_without_probabilities_is_refused():
    assert match_test(search(), None) is None
    with pytest.raises(NoProbabilitiesError, match="leave out min_probability"):
        match_test(search(min_probability=0.5), None)
