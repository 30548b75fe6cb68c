"""A pulled model against transformers' own processor and model, for each family: ids, pixels, embeddings."""

import json
import string
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
import torch
from PIL import Image

import twinlens
from model.hub.many_probes import PHOTOS, TEXTS, many_photos, many_texts
from model.hub.tiny_published import CLIP_TOKENS, save_chinese_clip, save_clip, save_immich, save_siglip
from twinlens import api
from twinlens.api.explanation import explain
from twinlens.model.bundle import Bundle
from twinlens.model.hub.pull import pull
from twinlens.model.onnx_encoder import OnnxDualEncoder
from twinlens.model.text_encoder import open_tokenizer

pytestmark = [pytest.mark.slow, pytest.mark.families]  # torch writes six graphs
ALONE = 40  # texts that are embedded one by one


class Family(NamedTuple):
    folder: Path
    model: Any
    tokenizer: Any
    processor: Any


@pytest.fixture(scope="module")
def families(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Family]:
    root = tmp_path_factory.mktemp("published")
    made = {
        "clip": Family(root / "clip", *save_clip(root / "clip")),
        "siglip": Family(root / "siglip", *save_siglip(root / "siglip", second=False)),
        "siglip2": Family(root / "siglip2", *save_siglip(root / "siglip2", second=True)),
        "chinese-clip": Family(root / "chinese-clip", *save_chinese_clip(root / "chinese-clip")),
    }
    save_immich(root / "immich", made["clip"].folder, tokens=CLIP_TOKENS)
    return {**made, "immich": made["clip"]._replace(folder=root / "immich")}


@pytest.fixture(params=["clip", "siglip", "siglip2", "chinese-clip", "immich"])
def family(request: pytest.FixtureRequest, families: dict[str, Family]) -> Family:
    return families[request.param]


@pytest.fixture
def bundle(family: Family) -> Bundle:
    return pull(str(family.folder))


@pytest.fixture(scope="module")
def photos() -> list[Image.Image]:
    return many_photos()


@pytest.fixture(scope="module")
def texts() -> list[str]:
    return many_texts()


def wanted_ids(family: Family, texts: list[str]) -> np.ndarray:
    """As the family's own tokenizer gives them; SigLIP's first cleans as its authors' code does."""
    if family.folder.name == "siglip":
        kept = str.maketrans("", "", string.punctuation)
        texts = [" ".join(text.lower().translate(kept).split()) for text in texts]
    padding: Any = True if family.folder.name in ("clip", "chinese-clip") else "max_length"
    given = family.tokenizer(texts, padding=padding, truncation=True, return_tensors="np")
    return np.asarray(given["input_ids"])


def wanted_embeddings(family: Family, texts: list[str]) -> np.ndarray:
    """Each text as if it were alone: only texts of one length go together, so that none is padded for another."""
    ids = [wanted_ids(family, [text])[0] for text in texts]
    found = np.zeros((len(ids), 0))
    for length in {len(row) for row in ids}:
        places = [place for place, row in enumerate(ids) if len(row) == length]
        batch = torch.from_numpy(np.stack([ids[place] for place in places]))
        rows = family.model.get_text_features(input_ids=batch).pooler_output.numpy()
        found = found if found.shape[1] else np.zeros((len(ids), rows.shape[1]))
        found[places] = rows
    return found


def test_token_ids_are_those_of_the_familys_tokenizer(family, bundle, texts):
    assert len(texts) == TEXTS
    tokenize = open_tokenizer(bundle, bundle.manifest.text)
    for some in (texts, texts[:1]):
        assert tokenize(some).ids.tolist() == wanted_ids(family, some).tolist()


def test_pixels_are_those_of_the_familys_processor(family, bundle, photos):
    assert len(photos) == PHOTOS
    preprocessing = bundle.manifest.image.preprocessing
    std = np.array(preprocessing.std)[:, None, None]
    for photo in photos:
        ours = preprocessing.normalize(preprocessing.pixels(photo)[None])[0]
        theirs = np.asarray(family.processor(photo, return_tensors="np")["pixel_values"][0])
        assert (np.abs(ours - theirs) * std * 255).max() < 1.01


def test_embeddings_are_those_of_the_familys_model(family, bundle, photos, texts):
    encoder = OnnxDualEncoder(bundle, threads=1)
    pixels = np.stack([family.processor(photo, return_tensors="np")["pixel_values"][0] for photo in photos])
    with torch.no_grad():
        images = family.model.get_image_features(pixel_values=torch.from_numpy(pixels)).pooler_output.numpy()
        wanted = wanted_embeddings(family, texts)
    for ours, theirs in ((encoder.encode_image(photos), images), (encoder.encode_text(texts), wanted)):
        theirs = theirs / np.linalg.norm(theirs, axis=1, keepdims=True)
        assert (ours * theirs).sum(axis=1).min() > 0.9995
        np.testing.assert_allclose(ours, theirs, atol=0.02)


def test_a_single_query_is_embedded_as_in_a_batch(bundle, texts):
    encoder = OnnxDualEncoder(bundle, threads=1)
    alone = np.concatenate([encoder.encode_text([text]) for text in texts[:ALONE]])
    np.testing.assert_allclose(alone, encoder.encode_text(texts[:ALONE]), atol=1e-5)


def test_a_photo_is_explained_by_occlusion_of_what_the_model_sees(bundle, photos, tmp_path):
    photos[0].save(tmp_path / "photo.png")
    explained = explain(tmp_path / "photo.png", "a dog", model=OnnxDualEncoder(bundle, threads=1))
    assert explained.kind == "occlusion"
    assert explained.relevance.max() == 1.0


def test_a_pulled_model_indexes_finds_and_is_evaluated(bundle, photos, texts, tmp_path):
    captions = texts[10:22]
    (tmp_path / "data" / "images").mkdir(parents=True)
    for number, photo in enumerate(photos[: len(captions)]):
        photo.save(tmp_path / "data" / "images" / f"{number:02}.png")
    rows = [{"file_name": f"{number:02}.png", "caption": caption} for number, caption in enumerate(captions)]
    (tmp_path / "data" / "captions.json").write_text(json.dumps(rows))
    encoder = OnnxDualEncoder(bundle, threads=1)
    scores = encoder.encode_text(captions) @ encoder.encode_image(photos[: len(captions)]).T
    with twinlens.Collection.create(tmp_path / "data" / "images", at=tmp_path / "library", model=encoder) as library:
        library.index()
        hits = library.search(captions[0], k=len(captions))
    np.testing.assert_allclose([hit.score for hit in hits], np.sort(scores[0])[::-1], atol=2e-3)
    report = api.evaluation.evaluate(encoder, tmp_path / "data", "all")
    first = 100 * np.mean(scores.diagonal() >= scores.max(axis=1))
    assert report.text_to_image["R@1"] == pytest.approx(first, abs=100 / len(captions) + 0.01)  # near ties may differ
