"""scripts/verify_published.py with a small hub: tiny models of two families, their weights, and captioned photos."""

import json
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from tokenizers import Regex, normalizers

from model.hub.loopback_hub import Hub
from model.hub.tiny_published import save_clip, save_siglip
from twinlens import api
from twinlens.model.hub import published

pytestmark = [pytest.mark.slow, pytest.mark.families]  # torch writes four graphs
ROOT = Path(__file__).parents[3]
N_PHOTOS = 12
WORDS = "a dog two red dogs of a photo on the beach in snow with one person and her child".split()
FAMILIES = ("clip", "siglip")


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """NAME-onnx has the graphs of each model, NAME its weights."""
    root = tmp_path_factory.mktemp("verified")
    siglip = save_siglip(root / "siglip-onnx", second=False)
    siglip[1].backend_tokenizer.normalizer = normalizers.Sequence(
        [normalizers.Lowercase(), normalizers.Replace(Regex("[,.!']"), "")]
    )
    for name, parts in {"clip": save_clip(root / "clip-onnx"), "siglip": siglip}.items():
        for part in parts:
            part.save_pretrained(root / name)
    return root


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Flickr30k in small, with Karpathy's file."""
    folder = tmp_path_factory.mktemp("flickr30k")
    (folder / "images").mkdir()
    entries = []
    for number, source in enumerate(sorted((ROOT / "demo/photos").rglob("*.jpg"))[: 5 * N_PHOTOS : 5]):
        with Image.open(source) as photo:
            photo.convert("RGB").resize((96, 64)).save(folder / "images" / f"{number}.png")
        captions = [" ".join(WORDS[number : number + 5]) + "!", WORDS[number].title() + f" and {WORDS[-number]}."]
        sentences = [{"raw": caption} for caption in captions]
        entries.append({"filename": f"{number}.png", "split": "test", "sentences": sentences})
    (folder / "dataset_flickr30k.json").write_text(json.dumps({"images": entries}))
    return folder


@pytest.fixture
def table(
    hub: Hub, saved: Path, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., None]]:
    """Writes the table of published models, with figures 0.4 beside those that these have, or others."""
    reports: dict[str, Any] = {}
    for name in FAMILIES:
        hub.repositories |= {f"owner/{name}-onnx": saved / f"{name}-onnx", f"owner/{name}": saved / name}
        bundle = api.models.pull(str(saved / f"{name}-onnx"), save_as=f"own-{name}")
        reports[name] = api.evaluation.evaluate(bundle.directory, data)

    def write(**changes: dict[str, Any]) -> None:
        lines = []
        for name in FAMILIES:
            fields = {
                "repository": f"owner/{name}-onnx", "checkpoint": f"owner/{name}", "description": name,
                "license": "mit", "embedding_dim": 8, "image_size": 32, "max_tokens": 16,
                "flickr30k": [reports[name].text_to_image["R@1"] + 0.4, reports[name].image_to_text["R@1"] - 0.4],
                "flickr30k_source": "this test", **changes.get(name, {}),
            }  # fmt: skip
            lines += [f"[{name}]", *(f"{key} = {json.dumps(value)}" for key, value in fields.items())]
        (tmp_path / "published.toml").write_text("\n".join(lines))

    monkeypatch.setattr(published, "TABLE", tmp_path / "published.toml")
    published.published.cache_clear()
    yield write
    published.published.cache_clear()


@pytest.fixture
def verify(
    monkeypatch: pytest.MonkeyPatch, data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> Iterator[Callable[..., tuple[int, list[str], list[str]]]]:
    """Runs the script; its exit code and lines on stdout and stderr."""
    monkeypatch.syspath_prepend(str(ROOT / "scripts"))
    import verify_published

    def run(*arguments: str) -> tuple[int, list[str], list[str]]:
        usual = ["--data", str(data), "--gallery", str(N_PHOTOS), "--checkpoints", str(tmp_path / "checkpoints")]
        monkeypatch.setattr(sys, "argv", ["verify_published.py", *arguments[:1], *usual, *arguments[1:]])
        capsys.readouterr()
        code = verify_published.main()
        told = capsys.readouterr()
        return code, told.out.splitlines(), told.err.splitlines()

    yield run
    sys.modules.pop("verify_published", None)


@pytest.mark.parametrize("name", FAMILIES)
def test_a_model_is_pulled_and_found_as_published_and_as_transformers_has_it(name, table, verify, hub):
    table()
    code, lines, errors = verify(name)
    assert code == 0, errors
    assert errors == [f"pulling owner/{name}-onnx at 0123456789ab, licence: apache-2.0, {errors[0].split(', ')[-1]}"]
    assert lines[0].startswith(f"{name}: R@1 text → image ")
    assert lines[0].endswith("within ± 0.5")
    assert "-0.4)" in lines[0]
    assert "+0.4)" in lines[0]
    assert f"owner/{name} in transformers: all token ids the same, pixels within" in lines[1]
    assert f"cosine of {N_PHOTOS} photos" in lines[1]
    assert f"of {2 * N_PHOTOS} texts" in lines[1]
    assert lines[1].endswith(": the same")
    downloads = sum(hub.calls.values())
    assert verify(name)[0] == 0
    assert sum(hub.calls.values()) - downloads == 1  # the commit of the weights; the files are here


def test_a_figure_that_is_off_is_an_exit_code_of_1_and_the_other_models_are_verified_still(table, verify):
    table(clip={"flickr30k": [99.0, 99.0], "checkpoint": ""})
    code, lines, _ = verify("clip", "siglip")
    assert code == 1
    assert lines[0].endswith("NOT within ± 0.5")
    assert "no weights of it are known" in lines[1]
    assert lines[2].startswith("siglip: R@1")
    assert lines[3].endswith(": the same")


def test_other_weights_and_other_words_are_found_out(table, verify, saved, tmp_path):
    shutil.copytree(saved / "clip", tmp_path / "other")
    settings = json.loads((tmp_path / "other/preprocessor_config.json").read_text())
    (tmp_path / "other/preprocessor_config.json").write_text(json.dumps({**settings, "image_mean": [0.1, 0.2, 0.3]}))
    (tmp_path / "other/tokenizer.json").write_bytes(
        (saved / "clip/tokenizer.json").read_bytes().replace(b'"a</w>"', b'"\xc3\x80"')
    )
    table()
    code, lines, _ = verify("clip", "--checkpoint", str(tmp_path / "other"))
    assert code == 1
    assert "token ids of" in lines[1]
    assert lines[1].endswith(": NOT the same")


def test_without_torch_only_the_figures_are_verified(table, verify, monkeypatch):
    import verify_published

    table()
    monkeypatch.setattr(verify_published, "find_spec", lambda package: None if package == "torch" else object())
    code, lines, _ = verify("clip")
    assert code == 0
    assert lines[1:] == ["clip: not compared with transformers, without torch: pip install 'twinlens[train]'"]


def _without_weights(hub: Hub) -> None:
    hub.repositories["owner/clip"] = hub.repositories["owner/clip-onnx"]


class TestFaults:
    @pytest.mark.parametrize(
        ("break_it", "why"),
        [
            (lambda hub: setattr(hub, "status", 429), "answers no more requests for now"),
            (lambda hub: hub.gated.add("owner/clip-onnx"), "accept them at"),
            (lambda hub: hub.gated.add("owner/clip"), "accept them at"),
            (lambda hub: hub.repositories.pop("owner/clip-onnx"), "has no model repository owner/clip-onnx"),
            (_without_weights, "has no safetensors"),
        ],
    )  # fmt: skip
    def test_what_the_hub_refuses_is_one_line(self, break_it, why, table, verify, hub):
        table()
        break_it(hub)
        code, _, errors = verify("clip")
        assert code == 1
        assert [why in line for line in errors if line.startswith("error: clip: ")] == [True]

    def test_no_network_is_one_line(self, table, verify, monkeypatch):
        from huggingface_hub import constants

        table()
        monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:9")
        code, _, errors = verify("clip")
        assert code == 1
        assert len(errors) == 1
        assert errors[0].startswith("error: clip: owner/clip-onnx cannot be had from http://127.0.0.1:9")

    def test_a_revision_of_the_weights_that_is_missing_is_one_line(self, table, verify):
        table()
        assert verify("clip", "--checkpoint", "owner/clip@main")[0] == 0
        code, _, errors = verify("clip", "--checkpoint", "owner/clip@refs/pr/9")
        assert (code, len(errors)) == (1, 1)
        assert errors[0].startswith("error: clip: owner/clip has no revision 'refs/pr/9'")

    @pytest.mark.parametrize(
        ("arguments", "why"),
        [
            (["--data", "/no/such/folder"], "the data folder /no/such/folder does not exist"),
            (["--gallery", "1000"], "has 12 photos, but figures are published for 1,000"),
            (["--split", "val"], "split 'val'"),
            (["--images", "EMPTY"], "12 of 12 photos are missing"),
        ],
    )
    def test_a_data_set_that_is_missing_or_another_is_one_line_before_any_download(
        self, arguments, why, table, verify, hub, tmp_path
    ):
        table()
        (tmp_path / "EMPTY").mkdir()
        before = sum(hub.calls.values())
        code, lines, errors = verify("clip", *(str(tmp_path / "EMPTY") if own == "EMPTY" else own for own in arguments))
        assert (code, lines, len(errors)) == (1, [], 1)
        assert why in errors[0]
        assert sum(hub.calls.values()) == before

    def test_photos_split_at_random_are_refused(self, table, verify, data, tmp_path):
        table()
        folder = tmp_path / "captions"
        folder.mkdir()
        for photo in (data / "images").iterdir():
            shutil.copyfile(photo, folder / photo.name)
        rows = ["image,caption", *(f"{number}.png,a dog" for number in range(N_PHOTOS))]
        (folder / "captions.txt").write_text("\n".join(rows))
        code, _, errors = verify("clip", "--data", str(folder))
        assert code == 1
        assert "has no splits of its own" in errors[0]

    def test_another_model_of_that_name_and_an_unknown_name_are_refused(self, table, verify, saved):
        table()
        api.models.pull(str(saved / "clip-onnx"), save_as="clip")
        assert "is another (repository" in verify("clip")[2][0]
        assert "is none of the published models, which are clip, siglip" in verify("clop")[2][0]
