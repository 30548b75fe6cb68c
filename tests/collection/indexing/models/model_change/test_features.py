"""A model that reads the stored features takes over without any photo."""

from pathlib import Path

import numpy as np
import pytest

from collection.indexing.models.model_change.conftest import NEW, OLD
from conftest import COLOURS, ColourEncoder
from twinlens.cli.open_collection import complete_change
from twinlens.collection.collection import Collection
from twinlens.collection.indexing.models.model_of_record import NamedModel
from twinlens.errors import ModelMismatchError
from twinlens.protocols import EncodedImages
from twinlens.types import Embeddings, Features, Pixels


class OtherWordsEncoder(ColourEncoder):
    """Sees the same features as the first model, but stretches red, and reads the last word of a text only."""

    same_features = (OLD,)

    def __init__(self) -> None:
        super().__init__(fingerprint=NEW)

    def encode_pixels(self, pixels: Pixels) -> EncodedImages:
        raise AssertionError("a photo was read")

    def embed_features(self, features: Features) -> Embeddings:
        return self._embed(127.5 + (features - 127.5) * np.array([2, 1, 1], dtype=np.float32))

    def encode_text(self, texts: list[str]) -> Embeddings:
        return super().encode_text([text.split()[-1] for text in texts])


def test_a_model_with_the_same_features_embeds_them_and_reads_no_photo(library: Collection) -> None:
    change = library.reindex(OtherWordsEncoder()).model_change
    assert change is not None
    assert change.is_complete
    assert (change.photos, change.from_features, change.captions) == (0, 70, 3)
    (found,) = (hit for hit in library.search("green red", k=1000) if hit.id == "red.png")
    colour, stretched = np.array(COLOURS["red"]) - 127.5, np.array([2, 1, 1])
    query = np.r_[colour / 127.5, 0.05]
    photo = np.r_[colour * stretched / 127.5, 0.05]
    cosine = query @ photo / np.linalg.norm(query) / np.linalg.norm(photo)
    assert found.score == pytest.approx(cosine, abs=0.005)


def test_a_model_that_replaced_the_recorded_one_is_changed_to_before_the_first_query(
    library: Collection, photos: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    record, new = library.catalog.model(), OtherWordsEncoder()
    assert record is not None
    assert not library.must_change()
    library.close()
    room = "twinlens.collection.indexing.models.model_of_record"
    monkeypatch.setattr(f"{room}.load_model", lambda name: new)
    monkeypatch.setattr(f"{room}.named_model", lambda name: NamedModel(record.model, new))
    monkeypatch.setattr(f"{room}.model_of_fingerprint", lambda fingerprint: None)
    monkeypatch.setattr(f"{room}.load_bridged", lambda name, fingerprint: None)
    with Collection.open(photos) as upgraded:
        with pytest.raises(ModelMismatchError, match="older"):
            upgraded.search("red")
        assert upgraded.must_change()
        (photos / "new.png").write_bytes((photos / "red.png").read_bytes())
        complete_change(upgraded)
        assert len(upgraded) == 70  # nothing was indexed besides, and the folder may be on a disk that is not there
        assert upgraded.complete_change() is None
        assert not upgraded.must_change()
        assert len(upgraded.search("red", k=3)) == 3
        complete_change(upgraded)
    told = capsys.readouterr().err
    assert told.count("which reads no photo\n") == 1
    assert "model default: 70 photos (from stored features) and 3 captions embedded again" in told
