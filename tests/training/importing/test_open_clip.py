"""Checkpoints of open_clip give the embeddings of a plain implementation that knows nothing of transformers."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import CLIPModel
from typer.testing import CliRunner

from training.importing.plain_open_clip import PlainOpenClip
from twinlens.cli.main import app
from twinlens.data.images import open_photo
from twinlens.errors import TrainingError
from twinlens.model.load import load_model
from twinlens.training.importing import fetch
from twinlens.training.importing.checkpoint import open_checkpoint
from twinlens.training.importing.open_clip.architecture import NAMED, clip_config, named_architecture
from twinlens.training.importing.parity import LEAST, PHOTOS

SAME = 0.99999  # cosine; rounding leaves 0.9999998, and the other activation gives 0.99996
TEXTS = {  # a text, and its tokens by hand
    "Red dog": ["red</w>", "d", "o", "g</w>"],
    "a": ["a</w>"],
    "no  red on and on and on and on": "n o</w> red</w> o n</w> a n d</w> o n</w> a n d</w>".split(),  # it is cut
}


@pytest.fixture
def plain() -> PlainOpenClip:
    torch.manual_seed(3)
    return PlainOpenClip().eval()


def _cosines(plain: PlainOpenClip, folder: Path) -> list[float]:
    checkpoint = open_checkpoint(folder)
    photos = [open_photo(PHOTOS / name).image for name in ("cat.jpg", "castle.jpg", "hug.jpg")]
    images = checkpoint.embed_images(photos) @ torch.stack([plain.embed_image(photo) for photo in photos]).T
    wanted = torch.stack([plain.embed_tokens(tokens) for tokens in TEXTS.values()])
    alone = torch.cat([checkpoint.embed_texts([text]) for text in TEXTS])
    texts = [rows @ wanted.T for rows in (checkpoint.embed_texts(list(TEXTS)), alone)]
    return torch.cat([scores.diag() for scores in (images, *texts)]).tolist()


@pytest.mark.parametrize("quick", [False, True])
@pytest.mark.parametrize("prefix", ["", "text."])
def test_photos_and_texts_are_embedded_as_open_clip_does(quick: bool, prefix: str, tmp_path: Path) -> None:
    torch.manual_seed(3)
    plain = PlainOpenClip(quick=quick).eval()
    assert min(_cosines(plain, plain.save(tmp_path / "model", quick=quick, prefix=prefix))) > SAME


def test_the_other_activation_would_be_noticed(plain: PlainOpenClip, tmp_path: Path) -> None:
    assert min(_cosines(plain, plain.save(tmp_path / "model", quick=True))) < SAME


def test_a_tokenizer_file_is_read_like_the_vocabulary(plain: PlainOpenClip, tmp_path: Path) -> None:
    folder = plain.save(tmp_path / "model")
    open_checkpoint(folder).text_tokenizer.save(str(folder / "tokenizer.json"))
    (folder / "vocab.json").unlink()
    assert min(_cosines(plain, folder)) > SAME


def test_a_bias_and_the_scale_are_kept(plain: PlainOpenClip, tmp_path: Path) -> None:
    folder = plain.save(tmp_path / "model")
    file = folder / "open_clip_model.safetensors"
    save_file({**load_file(file), "logit_bias": torch.tensor(-10.0)}, file)
    model = open_checkpoint(folder).model
    assert (float(model.logit_bias), float(model.logit_scale)) == (-10.0, plain.logit_scale.item())


def _change(folder: Path, part: str, **values: Any) -> None:
    file = folder / "open_clip_config.json"
    settings = json.loads(file.read_text())
    model = settings["model_cfg"]
    (model if part == "model_cfg" else settings[part] if part in settings else model[part]).update(values)
    file.write_text(json.dumps(settings))


@pytest.mark.parametrize(
    ("part", "values", "why"),
    [
        ("vision_cfg", {"layers": [3, 4, 6, 3]}, "ResNet image tower"),
        ("vision_cfg", {"timm_model_name": "vit_base_patch16_siglip_224"}, "timm image tower"),
        ("vision_cfg", {"pool_type": "avg"}, "pool_type = 'avg'"),
        ("text_cfg", {"hf_model_name": "xlm-roberta-base"}, "text tower of transformers"),
        ("text_cfg", {"no_causal_mask": True}, "no_causal_mask = True"),
        ("model_cfg", {"multimodal_cfg": {"layers": 2}}, "a CoCa model"),
        ("model_cfg", {"embed_dim": 25}, r"visual_projection.weight is 24 × 48, wanted 25 × 48|is 24 × 32"),
        ("text_cfg", {"layers": 3}, "is on one side only"),
        ("text_cfg", {"vocab_size": 99}, r"not CLIP's, whose last token is <\|endoftext\|>"),
        ("preprocess_cfg", {"resize_mode": "longest"}, "'longest'"),
    ],
)
def test_other_models_are_refused_in_one_line(
    part: str, values: dict[str, Any], why: str, plain: PlainOpenClip, tmp_path: Path
) -> None:
    folder = plain.save(tmp_path / "model")
    _change(folder, part, **values)
    with pytest.raises(TrainingError, match=why) as caught:
        open_checkpoint(folder)
    assert "\n" not in str(caught.value)


def test_options_that_are_none_are_no_reason_to_refuse(plain: PlainOpenClip, tmp_path: Path) -> None:
    folder = plain.save(tmp_path / "model")
    _change(folder, "vision_cfg", ls_init_value=None, pool_type="tok", timm_model_name=None, patch_dropout=0.5)
    _change(folder, "text_cfg", pool_type="argmax", hf_tokenizer_name="", eos_id=55)
    assert min(_cosines(plain, folder)) > SAME


def test_missing_files_are_named(plain: PlainOpenClip, tmp_path: Path) -> None:
    folder = plain.save(tmp_path / "model")
    (folder / "merges.txt").unlink()
    with pytest.raises(TrainingError, match=r"no tokenizer; put CLIP's tokenizer\.json there"):
        open_checkpoint(folder)
    (folder / "open_clip_model.safetensors").rename(folder / "open_clip_pytorch_model.bin")
    with pytest.raises(TrainingError, match=r"no open_clip_model\.safetensors; weights in other formats can run code"):
        open_checkpoint(folder)


def test_a_single_file_needs_its_architecture(
    plain: PlainOpenClip, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = plain.save(tmp_path / "model")
    settings = json.loads((folder / "open_clip_config.json").read_text())
    file = (folder / "open_clip_model.safetensors").rename(folder / "tiny.safetensors")
    (folder / "open_clip_config.json").unlink()
    with pytest.raises(TrainingError, match="name it: --architecture ViT-B-32"):
        open_checkpoint(file)
    with pytest.raises(TrainingError, match="no architecture 'RN50' is known; known: ViT-B-32"):
        open_checkpoint(file, architecture="RN50")
    with pytest.raises(TrainingError, match="not CLIP's, whose last token"):
        open_checkpoint(file, architecture="ViT-B-32")
    monkeypatch.setitem(NAMED, "ViT-Tiny", settings["model_cfg"])
    checkpoint = open_checkpoint(file, architecture="ViT-Tiny")
    texts = checkpoint.embed_texts(["red"]) @ plain.embed_tokens(["red</w>"])
    assert float(texts) > SAME
    assert checkpoint.preprocessing.mean[0] == pytest.approx(0.48145466)  # as CLIP's


@pytest.mark.parametrize(
    ("name", "parameters"),
    [  # as published
        ("ViT-B-32", 151_277_313),
        ("ViT-B-16-quickgelu", 149_620_737),
        ("ViT-L-14", 427_616_513),
        ("ViT-L-14-336-quickgelu", 427_944_193),
    ],
)
def test_named_architectures_have_the_published_sizes(name: str, parameters: int) -> None:
    config = clip_config(name, named_architecture(name), start=49406, end=49407)
    with torch.device("meta"):
        model = CLIPModel(config)
    assert sum(weights.numel() for weights in model.parameters()) == parameters
    vision = config.vision_config
    assert vision.hidden_size // vision.num_attention_heads == 64
    assert vision.hidden_act == ("quick_gelu" if "quick" in name else "gelu")


class Hub:
    """A repository of the hub, as far as its files' names go."""

    def __init__(self, *files: str) -> None:
        self.files, self.wanted = dict.fromkeys(files), ()

    def fetch(self, wanted: list[str], *, on_bytes: object) -> dict[str, Path]:
        self.wanted = tuple(wanted)
        return {name: Path("here") / name for name in wanted}


def test_the_same_weights_are_not_downloaded_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = ("open_clip_config.json", "open_clip_model.safetensors", "tokenizer.json")
    for beside, wanted in ((("model.safetensors", "config.json"), {*own, "config.json"}), ((), set(own))):
        hub = Hub(*own, *beside)
        monkeypatch.setattr(fetch, "open_repository", lambda *_, hub=hub, **__: hub)
        assert fetch.fetch_checkpoint("laion/clip", tmp_path) == Path("here")
        assert set(hub.wanted) == wanted


@pytest.mark.slow
@pytest.mark.families
def test_a_file_becomes_a_bundle_that_embeds_like_open_clip_without_torch(
    plain: PlainOpenClip, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = plain.save(tmp_path / "model")
    monkeypatch.setitem(NAMED, "ViT-Tiny", json.loads((folder / "open_clip_config.json").read_text())["model_cfg"])
    file = (folder / "open_clip_model.safetensors").rename(folder / "tiny.safetensors")
    answer = CliRunner().invoke(app, ["models", "import", str(file), "--architecture", "ViT-Tiny", "--json"])
    assert answer.exit_code == 0, answer.output
    told = json.loads(answer.stdout)
    assert told["parity"]["text_lowest"] > LEAST
    bundle = load_model("tiny")
    assert bundle.fingerprint == told["fingerprint"]
    for text, tokens in TEXTS.items():
        assert float(bundle.encode_text([text])[0] @ plain.embed_tokens(tokens).numpy()) > LEAST
