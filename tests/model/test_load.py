import shutil
from pathlib import Path

import pytest

from twinlens.errors import BundleError, UnknownPartError
from twinlens.model.load import DEFAULT, DEFAULT_BUNDLE, find_bundle, known_bundles, load_model, models_folder


@pytest.fixture
def imported(tiny_bundle, own_home):
    """The tiny model kept by name in the user's data folder."""
    return Path(shutil.copytree(tiny_bundle.directory, own_home / "models" / "holiday"))


def test_model_opens_by_the_path_of_its_folder(tiny_bundle):
    for path in (tiny_bundle.directory, str(tiny_bundle.directory)):
        encoder = load_model(path, threads=1)
        assert encoder.fingerprint == tiny_bundle.fingerprint
        assert encoder.encode_text(["dog"]).shape == (1, 6)


def test_model_opens_by_a_relative_path(tiny_bundle, monkeypatch):
    monkeypatch.chdir(tiny_bundle.directory.parent)
    assert load_model("./tiny").fingerprint == tiny_bundle.fingerprint


def test_home_of_the_user_may_be_a_tilde(tiny_bundle, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    shutil.copytree(tiny_bundle.directory, tmp_path / "tiny")
    assert load_model("~/tiny").fingerprint == tiny_bundle.fingerprint


def test_imported_model_opens_by_its_name(imported, tiny_bundle):
    encoder = load_model("holiday")
    assert encoder.bundle.directory == imported
    assert encoder.fingerprint == tiny_bundle.fingerprint


def test_models_lie_in_the_data_folder(own_home):
    assert models_folder() == own_home / "models"


def test_data_folder_decides_which_models_are_known(imported, tmp_path, monkeypatch):
    assert list(known_bundles()) == [DEFAULT, "holiday"]
    monkeypatch.setenv("TWINLENS_HOME", str(tmp_path / "another home"))
    assert list(known_bundles()) == [DEFAULT]
    with pytest.raises(UnknownPartError):
        load_model("holiday")


def test_folder_without_a_manifest_is_no_known_model(imported, own_home):
    (own_home / "models" / "half imported").mkdir()
    (own_home / "models" / "notes.txt").touch()
    assert list(known_bundles()) == [DEFAULT, "holiday"]


def test_known_models_come_in_the_order_of_the_alphabet(imported, own_home):
    for name in ("zoo", "alps"):
        shutil.copytree(imported, own_home / "models" / name)
    assert list(known_bundles()) == [DEFAULT, "alps", "holiday", "zoo"]


def test_default_is_the_embedded_model():
    assert find_bundle(DEFAULT) == DEFAULT_BUNDLE
    assert find_bundle("default").parts[-3:] == ("twinlens", "model", "default")


def test_unknown_name_offers_the_nearest(imported):
    with pytest.raises(UnknownPartError) as error:
        load_model("holidy")
    assert "'holidy'" in str(error.value)
    assert "default, holiday" in str(error.value)
    assert "did you mean 'holiday'?" in str(error.value)
    with pytest.raises(UnknownPartError, match="did you mean 'default'"):
        load_model("defalt")


def test_path_that_does_not_exist_says_that_a_folder_is_wanted(tmp_path):
    with pytest.raises(UnknownPartError, match="give a bundle's folder"):
        load_model(tmp_path / "nowhere")


@pytest.mark.parametrize("name", ["~nobody-of-this-name/model", "a\0b", "x" * 300, ""])
def test_any_odd_name_is_refused_as_ours(name):
    with pytest.raises((UnknownPartError, BundleError)):
        load_model(name)


def test_file_is_not_a_model(tiny_bundle):
    with pytest.raises(BundleError, match="is a file; a model is a folder"):
        load_model(tiny_bundle.directory / "image.onnx")


def test_folder_without_a_bundle_is_refused(tmp_path):
    with pytest.raises(BundleError, match="not a model bundle"):
        load_model(tmp_path)


def test_damaged_imported_model_is_named(imported):
    (imported / "text.onnx").unlink()
    with pytest.raises(BundleError, match=r"text\.onnx is missing"):
        load_model("holiday")
