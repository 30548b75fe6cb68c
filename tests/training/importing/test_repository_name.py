"""Names of checkpoints: repositories, rows of the list of models, and open_clip's names where its package is there."""

import sys
from pathlib import Path

import pytest

from twinlens.errors import TrainingError
from twinlens.training.importing.repository_name import repository_of

PACKAGE = """
KNOWN = {
    "ViT-B-32": {
        "laion2b_s34b_b79k": {"url": "", "hf_hub": "laion/CLIP-ViT-B-32-laion2B-s34B-b79K/"},
        "old": {"url": "https://example.org/old.pt", "hf_hub": ""},
        "named": {"url": "", "hf_hub": "owner/name/weights.bin"},
    }
}


def get_pretrained_cfg(model, tag):
    return KNOWN.get(model, {}).get(tag, {})


def list_pretrained_tags_by_model(model):
    return list(KNOWN.get(model, ()))
"""


@pytest.fixture
def open_clip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A package that answers as open_clip 3.3 does."""
    (tmp_path / "open_clip.py").write_text(PACKAGE)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "open_clip", raising=False)


@pytest.mark.parametrize(
    ("name", "repository"),
    [
        ("google/siglip-base-patch16-224", "google/siglip-base-patch16-224"),
        ("owner/name@refs/pr/15", "owner/name@refs/pr/15"),
        ("siglip-b16", "google/siglip-base-patch16-224"),
        ("clip-b32", "openai/clip-vit-base-patch32@refs/pr/15"),
    ],
)
def test_repositories_and_names_of_the_list(name: str, repository: str) -> None:
    assert repository_of(name) == repository


@pytest.mark.parametrize("name", ["nowhere", "./a/b", "~/a", "/a/b", "a/b/c", "../a", "mobileclip-s0", ""])
def test_other_names_are_told_what_to_give(name: str) -> None:
    with pytest.raises(TrainingError, match=r"there is no folder or file .* or OWNER/NAME of the model hub"):
        repository_of(name)


@pytest.mark.usefixtures("open_clip")
class TestOpenClip:
    @pytest.mark.parametrize(
        ("weights", "repository"),
        [("laion2b_s34b_b79k", "laion/CLIP-ViT-B-32-laion2B-s34B-b79K"), ("named", "owner/name")],
    )
    def test_its_names_stand_for_its_repositories(self, weights: str, repository: str) -> None:
        assert repository_of(weights, architecture="ViT-B-32") == repository

    @pytest.mark.parametrize(
        ("weights", "architecture", "said"),
        [
            (
                "laion2b_s34b_b79",
                "ViT-B-32",
                r"has no weights .* of ViT-B-32; it has laion2b_s34b_b79k, old, named; .*did",
            ),
            ("openai", "ViT-Z", "it has none$"),
            ("old", "ViT-B-32", r"gets old of ViT-B-32 from https://example\.org/old\.pt, as a file that can run code"),
        ],
    )
    def test_what_it_lacks_is_one_line(self, weights: str, architecture: str, said: str) -> None:
        with pytest.raises(TrainingError, match=said):
            repository_of(weights, architecture=architecture)


def test_without_the_package_its_names_need_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "open_clip", None)
    with pytest.raises(TrainingError, match=r"pip install open_clip_torch, or give the repository, such as timm/"):
        repository_of("openai", architecture="ViT-B-32")
