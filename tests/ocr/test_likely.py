from pathlib import Path

from skimage import data

from twinlens.collection.catalog.embeddings.features import likeness
from twinlens.embedding.local import embed_photos
from twinlens.model.load import load_model
from twinlens.ocr.likely import MODEL, are_likely, can_tell

DEMO = Path(__file__).parents[2] / "demo" / "photos"


def test_a_page_and_taxis_are_likely_to_hold_text_and_an_elephant_and_a_flower_are_not() -> None:
    names = ("vehicles/taxis.jpg", "animals/elephant.jpg", "nature/flower.jpg")
    files = [Path(data.__file__).parent / "page.png", *(DEMO / name for name in names)]
    features = embed_photos(files, load_model(MODEL)).features
    assert features is not None
    assert are_likely(likeness(features)).tolist() == [True, True, False, False]


def test_only_features_of_the_model_that_it_was_fitted_on_are_judged() -> None:
    model = load_model("default")
    assert can_tell(MODEL, model.features_dim)
    assert not can_tell(MODEL, model.features_dim + 1)
    assert not can_tell("another", model.features_dim)
