"""Which files of a repository are the model, wherever they lie in it."""

import shutil

import pytest

from twinlens.errors import BundleError
from twinlens.model.hub.layouts import find_layout
from twinlens.model.hub.pull import pull

SETTINGS = ("config.json", "preprocessor_config.json", "tokenizer.json", "tokenizer_config.json")


def test_a_graph_in_the_usual_place_counts_whatever_other_folders_hold():
    files = [*SETTINGS, "onnx/model.onnx", "vision_model.onnx", "text_model.onnx", "old/model.onnx"]
    layout = find_layout("owner/name", files)
    assert (layout.image, layout.text) == ("vision_model.onnx", "text_model.onnx")  # two graphs are better than one


def test_settings_beside_a_graph_go_before_those_above():
    files = [*SETTINGS, "onnx/model.onnx", "onnx/config.json", "onnx/tokenizer.json"]
    layout = find_layout("owner/name", files)
    assert layout.settings == {
        "config": "onnx/config.json",
        "image": "preprocessor_config.json",
        "tokenizer": "tokenizer_config.json",
    }
    assert layout.tokenizer == "onnx/tokenizer.json"


def test_the_only_model_is_found_in_any_folder():
    files = [*SETTINGS, "export/fp/vision_model.onnx", "export/fp/text_model.onnx"]
    assert find_layout("owner/name", files).image == "export/fp/vision_model.onnx"


def test_a_single_graph_in_any_folder_is_not_taken_for_both_towers():
    files = [*SETTINGS, "unet/model.onnx"]
    with pytest.raises(BundleError, match=r"its graphs \(unet/model\.onnx\) are not one for photos and one for texts"):
        find_layout("owner/name", files)
    assert find_layout("owner/name", files, folder="unet").image == "unet/model.onnx"


class TestSeveralModels:
    """As MobileCLIP 2 is published: a folder for each size, some settings for all."""

    @pytest.fixture
    def several(self, repository):
        for size, settings in (("s0", ()), ("s2", ("preprocessor_config.json",))):
            (repository / "onnx" / size).mkdir()
            for tower in ("vision", "text"):
                shutil.copy(repository / f"onnx/{tower}_model.onnx", repository / "onnx" / size)
            for name in settings:
                shutil.copyfile(repository / name, repository / "onnx" / size / name)
        for tower in ("vision", "text"):
            (repository / f"onnx/{tower}_model.onnx").unlink()
        return repository

    def test_one_must_be_chosen(self, several):
        with pytest.raises(BundleError, match=r"has several models, in onnx/s0, onnx/s2: choose one with --folder$"):
            pull(str(several))

    def test_the_chosen_one_becomes_a_bundle_of_its_own_name(self, several, own_home):
        manifest = pull(str(several), folder="s2").manifest
        assert manifest.name == "repository-s2"
        assert pull(str(several), folder="onnx/s0", save_as="small").manifest.name == "small"

    def test_its_own_settings_are_taken(self, several):
        files = [path.relative_to(several).as_posix() for path in several.rglob("*") if path.is_file()]
        assert find_layout("name", files, folder="s2").settings["image"] == "onnx/s2/preprocessor_config.json"
        assert find_layout("name", files, folder="s0").settings["image"] == "preprocessor_config.json"

    @pytest.mark.parametrize("folder", ["s1", "2", "../s2", "", "onnx"])
    def test_another_is_refused_with_those_there_are(self, several, folder):
        with pytest.raises(BundleError, match=r"no model in a folder .*; there are models in onnx/s0, onnx/s2$"):
            pull(str(several), folder=folder)
