"""``api.explanation.explain`` and its command on a bundle of colours: a grid cell is the mean colour of its pixels."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor, nn
from typer.testing import CliRunner

from model.conftest import TEXT_FEATURES, WORDS, manifest_fields, save_text_graph, save_tokenizer
from twinlens import api
from twinlens.cli.main import app
from twinlens.errors import QueryError
from twinlens.model.bundle import save_bundle
from twinlens.model.onnx_encoder import OnnxDualEncoder
from twinlens.training.parts.export import ImageModel, export_image_model
from twinlens.training.parts.heads import LinearHead

SIDE, CELL = 32, 4


class ColourCells(nn.Module):
    def grid(self, pixels: Tensor) -> Tensor:
        return nn.functional.avg_pool2d(pixels, CELL)

    def forward(self, pixels: Tensor) -> Tensor:
        return self.grid(pixels).mean(dim=(2, 3))


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> OnnxDualEncoder:
    folder = tmp_path_factory.mktemp("colours")
    head = LinearHead(3, 3)
    with torch.no_grad():
        head.projection.weight.copy_(torch.eye(3))
    model = ImageModel(ColourCells(), head)
    export_image_model(model, folder / "image.onnx", image_size=SIDE, outputs=("embedding", "features", "grid"))
    words = np.full((len(WORDS), TEXT_FEATURES), 1e-3, dtype=np.float32)
    for channel, word in enumerate(("red", "green", "blue")):
        words[WORDS.index(word), :3] = -1.0
        words[WORDS.index(word), channel] = 1.0
    fields = manifest_fields()
    fields["embedding_dim"] = 3
    fields["image"]["features_dim"] = 3
    fields["image"]["preprocessing"] |= {"image_size": SIDE, "mean": [0.5] * 3, "std": [0.5] * 3}
    fields["image"]["grid"] = model.grid_shape(SIDE)
    files = {
        "image.onnx": folder / "image.onnx",
        "text.onnx": save_text_graph(folder / "text.onnx", words, np.eye(TEXT_FEATURES, 3, dtype=np.float32)),
        "tokenizer.json": save_tokenizer(folder / "tokenizer.json"),
    }
    return OnnxDualEncoder(save_bundle(folder / "bundle", fields, files))


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    """Grey, with a red spot at the upper left and a blue one at the lower right."""
    pixels = np.full((160, 320, 3), 128, dtype=np.uint8)
    pixels[20:60, 40:120] = (250, 10, 10)
    pixels[100:140, 200:280] = (10, 10, 250)
    Image.fromarray(pixels).save(tmp_path / "spots.png")
    return tmp_path / "spots.png"


def test_each_colour_is_found_where_it_was_painted(encoder: OnnxDualEncoder, photo: Path, tmp_path: Path) -> None:
    red = api.explanation.explain(photo, "red", model=encoder, out=tmp_path / "red.png")
    blue = api.explanation.explain(photo, "blue", model=encoder)
    assert red.relevance.shape == (SIDE // CELL, SIDE // CELL)
    assert 40 / 320 < red.peak[0] < 120 / 320
    assert 20 / 160 < red.peak[1] < 60 / 160
    assert 200 / 320 < blue.peak[0] < 280 / 320
    assert 100 / 160 < blue.peak[1] < 140 / 160
    with Image.open(tmp_path / "red.png") as picture:
        assert picture.size == (320, 160)
        assert picture.getpixel((80, 40))[0] > 200  # type: ignore[index]
        assert max(picture.getpixel((240, 120))) < 60  # type: ignore[arg-type]


def test_command_prints_score_and_place_and_writes_the_picture(
    encoder: OnnxDualEncoder, photo: Path, tmp_path: Path
) -> None:
    asked = ["explain", str(photo), "red", "--model", str(encoder.bundle.directory), "--out", str(tmp_path / "map.png")]
    plain = CliRunner().invoke(app, asked)
    assert plain.exit_code == 0, plain.output
    score, left, top, picture = plain.stdout.rstrip("\n").split("\t")
    told = json.loads(CliRunner().invoke(app, [*asked, "--json"]).stdout)
    assert float(score) == pytest.approx(told["score"], abs=1e-3)
    assert (float(left), float(top)) == pytest.approx(told["peak"], abs=0.01)
    assert picture == told["picture"] == str(tmp_path / "map.png")
    assert plain.stderr.rstrip() == "map from the grid: what each of the model's 8 × 8 cells contributes to the score"
    refused = CliRunner().invoke(app, ["explain", str(photo), "red", "--model", "no such model"])
    assert refused.exit_code == 1


def test_score_is_that_of_the_whole_photo(encoder: OnnxDualEncoder, photo: Path) -> None:
    with Image.open(photo) as image:
        wanted = encoder.encode_image([image.convert("RGB")])[0] @ encoder.encode_text(["red"])[0]
    told = api.explanation.explain(photo, "red", model=encoder).to_json()
    assert told["score"] == pytest.approx(float(wanted), abs=1e-4)
    assert (told["query"], told["image_path"], told["model"]) == ("red", str(photo), encoder.fingerprint)
    assert np.array(told["map"]).max() == 1.0
    assert told["map_kind"] == "grid"


def test_what_cannot_be_used_is_named_before_anything_is_computed(encoder: OnnxDualEncoder, photo: Path) -> None:
    with pytest.raises(QueryError, match="already exists and is not a match map"):
        api.explanation.explain(photo, "red", model=encoder, out=photo)
    with pytest.raises(QueryError, match=r"the photo .*missing.png cannot be used"):
        api.explanation.explain(photo.with_name("missing.png"), "red", model=encoder)


def test_a_bundle_without_a_grid_is_explained_by_occlusion(
    encoder: OnnxDualEncoder, photo: Path, tmp_path: Path
) -> None:
    fields = encoder.manifest.model_dump(mode="json", exclude={"files", "format_version"})
    fields["image"]["grid"] = None
    files = {name: encoder.bundle.directory / name for name in ("image.onnx", "text.onnx", "tokenizer.json")}
    without = OnnxDualEncoder(save_bundle(tmp_path / "bundle", fields, files))
    for colour, (x, y) in {"red": (80, 40), "blue": (240, 120)}.items():
        exact = api.explanation.explain(photo, colour, model=encoder)
        covered = api.explanation.explain(photo, colour, model=without, out=tmp_path / f"{colour}.png")
        assert (exact.kind, covered.kind) == ("grid", "occlusion")
        assert covered.score == pytest.approx(exact.score, abs=1e-4)
        assert abs(covered.peak[0] - x / 320) < 40 / 320
        assert abs(covered.peak[1] - y / 160) < 20 / 160
    with Image.open(tmp_path / "red.png") as picture:
        assert picture.info["Description"] == covered.how
    model = ["--model", str(tmp_path / "bundle")]
    plain = CliRunner().invoke(app, ["explain", str(photo), "red", *model])
    assert plain.stderr.rstrip() == f"map {covered.how}"
    told = json.loads(CliRunner().invoke(app, ["explain", str(photo), "red", *model, "--json"]).stdout)
    assert told["map_kind"] == "occlusion"
    assert plain.stdout.split("\t")[0] == f"{told['score']:.3f}"
