"""A published checkpoint as two towers and heads: the embeddings are the checkpoint's own before any training."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from training.importing.plain_open_clip import PlainOpenClip
from training.importing.published import SAVED, save_clip
from twinlens.errors import ConfigError, TrainingError
from twinlens.training.importing.checkpoint import open_checkpoint
from twinlens.training.importing.parity import Probes, probes
from twinlens.training.importing.two_towers import two_towers
from twinlens.training.parts.dual_encoder import TwoTowers
from twinlens.training.recipe import Recipe
from twinlens.training.runs.build import build_model
from twinlens.training.runs.build_loss import build_loss
from twinlens.training.runs.torch_encoder import TorchDualEncoder

CLOSE = 0.9999
SLOW_FAMILIES = [pytest.param(name, marks=pytest.mark.families) for name in SAVED if name not in ("clip", "siglip")]
MASKS = ([1, 1, 1, 1], [1, 1, 0, 0])


def recipe(folder: Path, **changes: Any) -> Recipe:
    fields = {"name": "tuned", "model": str(folder), "stages": [{"epochs": 1, "learning_rate": 1e-3, "text": "all"}]}
    return Recipe.model_validate({**fields, **changes})


def lowest_cosine(folder: Path, model: TwoTowers, given: Probes) -> float:
    reference, encoder = open_checkpoint(folder), TorchDualEncoder(model)
    images = (reference.embed_images(given.images) * torch.from_numpy(encoder.encode_image(given.images))).sum(dim=1)
    texts = (reference.embed_texts(given.texts) * torch.from_numpy(encoder.encode_text(given.texts))).sum(dim=1)
    return float(torch.cat([images, texts]).min())


@pytest.mark.parametrize("family", ["clip", "siglip", *SLOW_FAMILIES])
def test_a_run_starts_from_the_embeddings_of_the_published_model(family: str, tmp_path: Path) -> None:
    folder = SAVED[family](tmp_path / family)
    model = build_model(recipe(folder))
    assert lowest_cosine(folder, model, probes()) > CLOSE
    assert [len(side.tower.blocks()) for side in (model.image, model.text)] == [3, 3]  # embeddings, two layers


def test_a_run_starts_from_a_checkpoint_of_open_clip(tmp_path: Path) -> None:
    torch.manual_seed(3)
    folder = PlainOpenClip().save(tmp_path / "open-clip")
    assert lowest_cosine(folder, build_model(recipe(folder)), probes()) > CLOSE


def test_a_siglip_starts_with_its_own_projection_of_texts_and_the_identity_for_photos(published: Any) -> None:
    checkpoint = open_checkpoint(published["siglip"])
    projection = checkpoint.model.text_model.head
    model = two_towers(checkpoint)
    assert torch.equal(model.text.head.projection.weight, projection.weight)
    assert torch.equal(model.text.head.projection.bias, projection.bias)
    assert torch.equal(model.image.head.projection.weight, torch.eye(32))
    assert not any(name.startswith("encoder.head") for name in model.text.tower.state_dict())


def test_scale_and_bias_of_the_scores_are_the_published_ones_unless_the_recipe_gives_them(published: Any) -> None:
    sigmoid = {"name": "sigmoid"}
    origin = build_model(recipe(published["siglip"], loss=sigmoid)).origin
    assert origin is not None
    loss: Any = build_loss(recipe(published["siglip"], loss=sigmoid), origin)
    assert loss.logit_scale == pytest.approx(origin.logit_scale, rel=1e-5)
    assert loss.logit_bias == pytest.approx(origin.logit_bias)
    given = {"initial_scale": 20.0, "initial_bias": -5.0}
    loss = build_loss(recipe(published["siglip"], loss={**sigmoid, "options": given}), origin)
    assert (loss.logit_scale, loss.logit_bias) == (pytest.approx(20.0), -5.0)
    clip = build_model(recipe(published["clip"])).origin
    assert build_loss(recipe(published["clip"]), clip).logit_scale == pytest.approx(clip.logit_scale, rel=1e-5)


@pytest.mark.parametrize("name", ["infonce", "multi-positive", "nt-xent", "sigmoid", "triplet"])
def test_every_loss_takes_a_published_scale_above_its_own_maximum(name: str, published: Any) -> None:
    origin = build_model(recipe(published["clip"])).origin
    high = replace(origin, logit_scale=400.0, logit_bias=-12.9)
    assert build_loss(recipe(published["clip"], loss={"name": name}), high).logit_scale <= 200.001


def test_texts_are_cut_at_the_models_length_or_at_a_shorter_one(published: Any) -> None:
    assert build_model(recipe(published["clip"])).text.max_tokens == 20
    assert build_model(recipe(published["clip"], text={"max_tokens": 8})).text.max_tokens == 8
    with pytest.raises(ConfigError, match=r"text.max_tokens is 40, but .* takes at most 20 tokens; lower it"):
        build_model(recipe(published["clip"], text={"max_tokens": 40}))


def test_another_image_size_than_the_models_is_told(published: Any) -> None:
    with pytest.raises(ConfigError, match=r"image.image_size is 64, but .* does not support it .* its default is 32"):
        build_model(recipe(published["clip"], image={"image_size": 64}))


def test_a_siglip_text_is_filled_up_to_its_full_length_whatever_the_batch(published: Any) -> None:
    model = build_model(recipe(published["siglip"]))
    ids, mask = torch.tensor([[5, 6, 7, 1], [5, 1, 9, 9]]), torch.tensor(MASKS)
    together = model.text.eval()(ids, mask)
    torch.testing.assert_close(model.text(ids[1:, :2], mask[1:, :2]), together[1:], atol=1e-6, rtol=1e-5)


def test_the_tokenizer_of_a_run_is_read_instead_of_the_checkpoints(published: Any, tmp_path: Path) -> None:
    model = build_model(recipe(published["clip"]))
    model.text.tower.tokenizer.save(str(tmp_path / "tokenizer.json"))
    again = build_model(recipe(published["clip"]), tokenizer_file=tmp_path / "tokenizer.json")
    assert again.text.tower.tokenizer.to_str() == model.text.tower.tokenizer.to_str()


def test_what_is_no_published_dual_encoder_is_refused_in_one_line(towers: dict[str, Path], tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="is a resnet model, which cannot be imported; known: clip, ") as error:
        build_model(recipe(towers["image"]))
    assert "\n" not in str(error.value)
    with pytest.raises(TrainingError, match="there is no directory"):
        build_model(recipe(tmp_path / "gone" / "away"))
    folder = save_clip(tmp_path / "clip")
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    with pytest.raises(TrainingError, match=r"has no \.safetensors file"):
        build_model(recipe(folder))
