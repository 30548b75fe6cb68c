"""Vision models of transformers, from a directory and from a hub."""

import json
import shutil
from pathlib import Path

import pytest
import torch
import transformers
from safetensors.torch import load_file, save_file

from training.parts.towers.checks import check_blocks, check_last_block_learns, pixels
from training.parts.towers.hub import Hub
from training.parts.towers.tiny import HIDDEN, SIDE, VISION
from twinlens.errors import TrainingError
from twinlens.training.parts.image_towers.load import load_image_tower

FEATURES = dict.fromkeys(VISION, HIDDEN) | {"efficientnet": 320}
BLOCKS = dict.fromkeys(VISION, 3) | {"resnet": 4, "efficientnet": 5}


@pytest.mark.parametrize("family", VISION)
def test_a_family_loads_from_its_directory_with_one_row_of_features_a_photo(
    family: str, tiny_models: dict[str, Path]
) -> None:
    tower = load_image_tower(str(tiny_models[family]))
    assert not tower.training
    assert not any(parameter.requires_grad for parameter in tower.parameters())
    assert tower.classifier is None
    assert tower.preprocessing().image_size == SIDE
    features = tower(pixels(3, SIDE))
    assert features.shape == (3, tower.features_dim) == (3, FEATURES[family])
    assert torch.allclose(features[1:2], tower(pixels(3, SIDE)[1:2]), atol=1e-5)
    assert len(tower.blocks()) == BLOCKS[family]
    check_blocks(tower)
    check_last_block_learns(tower, pixels(2, SIDE))


@pytest.mark.parametrize("family", VISION)
def test_a_hub_gives_the_same_tower(family: str, tiny_models: dict[str, Path], hub: Hub) -> None:
    ours, theirs = load_image_tower(str(tiny_models[family])), load_image_tower(f"tiny/{family}")
    assert theirs.preprocessing() == ours.preprocessing()
    assert torch.equal(theirs(pixels(2, SIDE)), ours(pixels(2, SIDE)))
    assert f"GET /tiny/{family}/resolve/" in " ".join(hub.requests)


def hidden_state(folder: Path) -> torch.Tensor:
    model = transformers.AutoModel.from_pretrained(folder, dtype=torch.float32).eval()
    with torch.no_grad():
        return model(pixels(2, SIDE)).last_hidden_state


def test_vit_gives_its_cls_token_after_the_norm_or_the_mean_of_its_patches(tiny_models: dict[str, Path]) -> None:
    folder = tiny_models["vit"]
    states = hidden_state(folder)
    assert states.shape[1] == 1 + (SIDE // 8) ** 2
    assert torch.allclose(load_image_tower(str(folder))(pixels(2, SIDE)), states[:, 0], atol=1e-6)
    mean = load_image_tower(str(folder), pooling="mean")(pixels(2, SIDE))
    assert torch.allclose(mean, states[:, 1:].mean(dim=1), atol=1e-6)


def test_convolutional_networks_give_the_mean_of_their_grid(tiny_models: dict[str, Path]) -> None:
    for family in ("resnet", "efficientnet"):
        grid = hidden_state(tiny_models[family])
        features = load_image_tower(str(tiny_models[family]))(pixels(2, SIDE))
        assert torch.allclose(features, grid.mean(dim=(2, 3)), atol=1e-5), family


def test_convnext_gives_the_norm_of_the_mean_and_dinov2_its_cls(tiny_models: dict[str, Path]) -> None:
    model = transformers.AutoModel.from_pretrained(tiny_models["convnext"]).eval()
    expected = model.layernorm(hidden_state(tiny_models["convnext"]).mean(dim=(2, 3)))
    assert torch.allclose(load_image_tower(str(tiny_models["convnext"]))(pixels(2, SIDE)), expected, atol=1e-5)
    expected = hidden_state(tiny_models["dinov2"])[:, 0]
    assert torch.allclose(load_image_tower(str(tiny_models["dinov2"]))(pixels(2, SIDE)), expected, atol=1e-5)


@pytest.mark.parametrize("family", ["clip", "siglip"])
def test_the_vision_part_of_a_pair_gives_what_its_projection_would_take(
    family: str, tiny_models: dict[str, Path]
) -> None:
    model = transformers.AutoModel.from_pretrained(tiny_models[family]).eval()
    tower = load_image_tower(str(tiny_models[family]))
    with torch.no_grad():
        expected = model.get_image_features(pixel_values=pixels(2, SIDE)).pooler_output
        features = tower(pixels(2, SIDE))
        projected = model.visual_projection(features) if family == "clip" else features
        states = model.vision_model(pixel_values=pixels(2, SIDE)).last_hidden_state
        mean = load_image_tower(str(tiny_models[family]), pooling="mean")(pixels(2, SIDE))
    torch.testing.assert_close(projected, expected)
    torch.testing.assert_close(mean, states[:, -((SIDE // 8) ** 2) :].mean(dim=1))  # CLIP's class embedding comes first
    assert not any("text" in name for name, _ in tower.named_parameters())


def test_a_vision_part_saved_alone_gives_the_same_tower(tiny_models: dict[str, Path], tmp_path: Path) -> None:
    whole = tiny_models["clip"]
    transformers.AutoModel.from_pretrained(whole).vision_model.save_pretrained(tmp_path)
    shutil.copy(whole / "preprocessor_config.json", tmp_path)
    torch.testing.assert_close(
        load_image_tower(str(tmp_path))(pixels(2, SIDE)), load_image_tower(str(whole))(pixels(2, SIDE))
    )


def test_a_processor_of_photos_and_texts_is_read_too(tiny_models: dict[str, Path], tmp_path: Path) -> None:
    folder = Path(shutil.copytree(tiny_models["clip"], tmp_path / "clip"))
    expected = load_image_tower(str(folder)).preprocessing()
    processor = transformers.CLIPProcessor(
        transformers.AutoImageProcessor.from_pretrained(folder),
        transformers.PreTrainedTokenizerFast(tokenizer_file=str(folder / "tokenizer.json")),
    )
    (folder / "preprocessor_config.json").unlink()
    processor.save_pretrained(folder)
    assert not (folder / "preprocessor_config.json").exists()
    assert load_image_tower(str(folder)).preprocessing() == expected
    assert expected.mean == (0.48145466, 0.4578275, 0.40821073)


def test_another_pair_is_refused_in_a_line_that_says_which_are_not(tmp_path: Path) -> None:
    transformers.Siglip2Config().save_pretrained(tmp_path)
    with pytest.raises(TrainingError) as caught:
        load_image_tower(str(tmp_path))
    assert str(caught.value) == (
        f"{str(tmp_path)!r} is a siglip2 model, whose parts cannot be towers; "
        "give a clip or siglip model, or one of images alone"
    )


def test_a_pooler_that_the_checkpoint_lacks_is_refused_rather_than_random(tiny_models: dict[str, Path]) -> None:
    with pytest.raises(TrainingError, match=r"pooler.* would be random; choose another pooling"):
        load_image_tower(str(tiny_models["vit"]), pooling="pooled")


def test_cls_of_a_network_without_one_is_refused(tiny_models: dict[str, Path]) -> None:
    with pytest.raises(TrainingError, match="without a CLS token; choose pooling 'pooled' or 'mean'"):
        load_image_tower(str(tiny_models["resnet"]), pooling="cls")
    with pytest.raises(TrainingError, match=r"no pooling 'median'.* choose one of pooled, cls, mean"):
        load_image_tower(str(tiny_models["resnet"]), pooling="median")


def test_vit_reads_its_own_size_whatever_its_processor_says(tiny_models: dict[str, Path], tmp_path: Path) -> None:
    folder = Path(shutil.copytree(tiny_models["vit"], tmp_path / "vit"))
    file = folder / "preprocessor_config.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | {"size": {"height": 64, "width": 64}}))
    assert load_image_tower(str(folder)).preprocessing().image_size == SIDE


def test_without_a_processor_the_usual_preprocessing_has_the_size_of_the_configuration(
    tiny_models: dict[str, Path], tmp_path: Path
) -> None:
    for family, size in (("vit", SIDE), ("dinov2", 56), ("resnet", 224)):
        folder = Path(shutil.copytree(tiny_models[family], tmp_path / family))
        (folder / "preprocessor_config.json").unlink()
        preprocessing = load_image_tower(str(folder)).preprocessing()
        assert (preprocessing.image_size, preprocessing.mean) == (size, (0.485, 0.456, 0.406)), family


def test_missing_or_damaged_weights_are_named(tiny_models: dict[str, Path], tmp_path: Path) -> None:
    folder = Path(shutil.copytree(tiny_models["resnet"], tmp_path / "resnet"))
    weights = folder / "model.safetensors"
    tensors = load_file(weights)
    del tensors["resnet.embedder.embedder.convolution.weight"]
    save_file(tensors, weights, metadata={"format": "pt"})
    with pytest.raises(TrainingError, match=r"lack embedder\.embedder\.convolution\.weight"):
        load_image_tower(str(folder))
    weights.write_bytes(weights.read_bytes()[:1000])
    with pytest.raises(TrainingError, match=r"cannot load '.*resnet' \(\w+: .*the folder needs the files"):
        load_image_tower(str(folder))
    weights.unlink()
    with pytest.raises(TrainingError, match=r"model\.safetensors"):
        load_image_tower(str(folder))


def test_a_text_model_is_no_image_backbone(tiny_models: dict[str, Path]) -> None:
    with pytest.raises(TrainingError, match="is a bert model, not an image backbone"):
        load_image_tower(str(tiny_models["bert"]))


@pytest.mark.parametrize("family", VISION)
@pytest.mark.parametrize("pooling", [None, "mean"])
def test_a_tower_has_a_grid_just_where_its_features_are_the_mean_of_one(
    family: str, pooling: str | None, tiny_models: dict[str, Path]
) -> None:
    tower = load_image_tower(str(tiny_models[family]), pooling=pooling)
    with torch.no_grad():
        grid = tower.grid(pixels(2, SIDE))
        if pooling is None and family not in ("resnet", "efficientnet"):
            assert grid is None
            return
        assert grid is not None
        assert grid.shape[:2] == (2, FEATURES[family])
        torch.testing.assert_close(grid.mean(dim=(2, 3)), tower(pixels(2, SIDE)))


def test_patches_lie_in_the_grid_row_by_row(tiny_models: dict[str, Path]) -> None:
    states = hidden_state(tiny_models["vit"])
    grid = load_image_tower(str(tiny_models["vit"]), pooling="mean").grid(pixels(2, SIDE))
    assert grid is not None
    columns = SIDE // 8
    torch.testing.assert_close(grid[:, :, 1, 2], states[:, 1 + columns + 2])
