"""Checkpoints of published families become bundles that index and search as the models themselves would."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from tokenizers import Tokenizer, models
from typer.testing import CliRunner

import twinlens
from model.hub.many_probes import many_photos, many_texts
from training.importing.published import SAVED, save_clip, save_siglip
from twinlens import api
from twinlens.cli.main import app
from twinlens.data.images import open_photo
from twinlens.errors import BundleError, TrainingError
from twinlens.model.load import load_model, models_folder
from twinlens.model.onnx_encoder import OnnxDualEncoder
from twinlens.training.importing.checkpoint import open_checkpoint
from twinlens.training.importing.import_checkpoint import import_checkpoint
from twinlens.training.importing.parity import LEAST, PHOTOS, Probes, compare_with_checkpoint

pytestmark = [pytest.mark.slow, pytest.mark.families]  # each graph takes seconds to export
QUERY = "a red dog"


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The folder of each family's tiny checkpoint, which no test changes."""
    folder, state = tmp_path_factory.mktemp("published"), torch.get_rng_state()
    torch.manual_seed(5)
    folders = {name: save(folder / name) for name, save in SAVED.items()}
    torch.set_rng_state(state)
    return folders


@pytest.mark.parametrize("family", SAVED)
def test_each_family_is_imported_indexed_and_searched_as_transformers_ranks(
    family: str, saved: dict[str, Path], tmp_path: Path
) -> None:
    made = import_checkpoint(saved[family], models_folder() / family, name=family)
    assert made.parity.lowest > LEAST
    assert made.bundle.manifest.figures["parity"]["image_lowest"] > LEAST
    photos = sorted(PHOTOS.glob("*.jpg"))
    checkpoint = open_checkpoint(saved[family])
    many = Probes(many_photos(), many_texts())
    assert compare_with_checkpoint(checkpoint, OnnxDualEncoder(made.bundle), many).lowest > LEAST
    side = checkpoint.preprocessing.resized_side  # an index decodes large photos at a reduced size
    images = checkpoint.embed_images([open_photo(photo, min_side=side).image for photo in photos])
    scores = (images @ checkpoint.embed_texts([QUERY])[0]).numpy()
    with twinlens.Collection.create(PHOTOS, at=tmp_path / "library", model=family) as library:
        library.index()
        hits = library.search(QUERY, k=len(photos))
    assert [hit.score for hit in hits] == pytest.approx(sorted(scores, reverse=True), abs=2e-3)
    assert Path(hits[0].path).name in {photos[place].name for place in np.flatnonzero(scores > scores.max() - 2e-3)}


def test_siglip_is_padded_to_its_length_without_a_mask_and_keeps_scale_and_bias(
    saved: dict[str, Path], tmp_path: Path
) -> None:
    manifest = import_checkpoint(saved["siglip"], tmp_path / "siglip", name="siglip").bundle.manifest
    model = open_checkpoint(saved["siglip"]).model
    assert (manifest.text.padding, manifest.text.mask_input, manifest.text.max_tokens) == ("full", None, 16)
    assert manifest.logit_scale == pytest.approx(float(model.logit_scale.exp()), rel=1e-3)
    assert manifest.logit_bias == pytest.approx(float(model.logit_bias), abs=1e-3)


def test_capital_letters_mean_the_same_to_siglip_2(saved: dict[str, Path], tmp_path: Path) -> None:
    import_checkpoint(saved["siglip2"], tmp_path / "siglip2", name="siglip2")
    small, capital = load_model(tmp_path / "siglip2").encode_text(["a red dog", "A RED DOG"])
    np.testing.assert_allclose(small, capital, atol=1e-6)


@pytest.mark.parametrize(("option", "least"), [("--fp16", 0.9999), ("--int8", 0.999), ("--q4", 0.9)])
def test_smaller_weights_take_less_and_their_loss_is_reported(
    option: str, least: float, saved: dict[str, Path]
) -> None:
    answer = CliRunner().invoke(app, ["models", "import", str(saved["clip"]), "--as", "small", option, "--json"])
    assert answer.exit_code == 0, answer.output
    told = json.loads(answer.stdout)
    assert least < told["loss"]["image_lowest"] <= 1.0001
    assert least < told["loss"]["text_lowest"] <= 1.0001
    assert told["parity"]["text_lowest"] > LEAST
    assert load_model("small").fingerprint == told["fingerprint"]


def test_licence_and_languages_come_from_the_readme(tmp_path: Path) -> None:
    folder = save_clip(tmp_path / "clip")
    (folder / "README.md").write_text("---\nlicense: mit\nlanguage:\n- en\n- de\n---\n# CLIP\n", encoding="utf-8")
    manifest = import_checkpoint(folder, tmp_path / "out", name="clip").bundle.manifest
    assert (manifest.license, manifest.text.languages) == ("mit", ("en", "de"))


def test_texts_padded_on_the_left_are_so_in_the_bundle_too(tmp_path: Path) -> None:
    folder = save_siglip(tmp_path / "siglip")
    _change(folder / "tokenizer_config.json", padding_side="left")
    made = import_checkpoint(folder, tmp_path / "out", name="siglip")
    assert (made.bundle.manifest.text.padding_side, made.parity.text_lowest > LEAST) == ("left", True)


def test_a_checkpoint_that_does_not_give_the_same_embeddings_is_refused_with_figures(tmp_path: Path) -> None:
    folder = save_clip(tmp_path / "clip")
    _change(folder / "preprocessor_config.json", resample=0)  # a bundle cannot take the nearest pixel
    with pytest.raises(
        TrainingError, match=r"not imported.* must agree to 0\.9999: cosine of 8 photos .*lowest"
    ) as caught:
        import_checkpoint(folder, tmp_path / "out", name="clip")
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    "config",
    [
        {"model_type": "siglip2", "vision_config": {"num_patches": 256}},
        {"model_type": "fgclip2", "auto_map": {"AutoModel": "modeling.FG"}},  # transformers does not know it
    ],
)
def test_models_of_patches_are_refused_with_what_to_take_instead(tmp_path: Path, config: dict[str, object]) -> None:
    (tmp_path / "config.json").write_text(json.dumps(config))
    (tmp_path / "model.safetensors").touch()
    with pytest.raises(TrainingError, match=r"NaFlex.*; take .* such as google/siglip2-base-patch16-224$"):
        open_checkpoint(tmp_path)


def _change(file: Path, **values: object) -> None:
    file.write_text(json.dumps({**json.loads(file.read_text()), **values}))


def test_pickled_weights_are_refused(tmp_path: Path) -> None:
    folder = save_clip(tmp_path / "clip")
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    with pytest.raises(TrainingError, match=r"no \.safetensors file"):
        open_checkpoint(folder)


def test_onnx_exports_and_bundles_are_named_for_what_they_are(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    (tmp_path / "onnx").mkdir()
    (tmp_path / "onnx" / "vision_model.onnx").touch()
    with pytest.raises(TrainingError, match="twinlens models pull"):
        open_checkpoint(tmp_path)
    (tmp_path / "model.json").touch()
    with pytest.raises(TrainingError, match="is a bundle already"):
        open_checkpoint(tmp_path)


def test_other_models_and_missing_weights_are_refused(tmp_path: Path) -> None:
    folder = save_clip(tmp_path / "clip")
    _change(folder / "config.json", projection_dim=12)
    with pytest.raises(TrainingError):
        open_checkpoint(folder)
    (folder / "config.json").write_text(json.dumps({"model_type": "bert"}))
    with pytest.raises(TrainingError, match="is a bert model, which cannot be imported; known: clip"):
        open_checkpoint(folder)
    with pytest.raises(TrainingError, match="there is no folder"):
        open_checkpoint(tmp_path / "nothing")


def test_a_tokenizer_that_the_family_cannot_use_is_refused(tmp_path: Path) -> None:
    folder = save_clip(tmp_path / "clip")
    vocabulary = {word: number for number, word in enumerate(["[UNK]", "[CLS]", "[SEP]", "dog"])}
    Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]")).save(str(folder / "tokenizer.json"))
    (folder / "tokenizer_config.json").unlink()
    with pytest.raises(TrainingError, match=f"the tokenizer of {folder} fails at words"):
        open_checkpoint(folder)


def test_a_name_that_is_taken_or_no_folders_name_is_refused(tmp_path: Path) -> None:
    for name, why in (("default", "cannot be called"), ("a/b", "cannot be called")):
        with pytest.raises(BundleError, match=why):
            api.lab.import_checkpoint(tmp_path, name=name)
    answer = CliRunner().invoke(app, ["models", "import", str(tmp_path), "--int8", "--q4"])
    assert answer.exit_code == 2
