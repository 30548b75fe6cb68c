import hashlib
import json

import pytest
from pydantic import ValidationError

from twinlens.errors import BundleError
from twinlens.model.bundle import MANIFEST, MODEL_FILES, Manifest, file_record, open_bundle, save_bundle, write_manifest
from twinlens.model.load import DEFAULT_BUNDLE
from twinlens.model.onnx_encoder import OnnxDualEncoder
from twinlens.relevance.maps import Calibration, GradeThresholds, LogisticMap, RelevanceMap


def calibration(model: str) -> Calibration:
    rising = LogisticMap(intercept=-1.0, weights={"z": 2.0})
    return Calibration(
        model=model,
        text=RelevanceMap(hit=rising, grades=GradeThresholds(strong=0.9, likely=0.5, possible=0.1)),
    )


def with_changes(manifest: Manifest, **changes: object) -> Manifest:
    return Manifest.model_validate(manifest.model_dump() | changes)


def use_everything(folder) -> None:
    """Opens a bundle and runs both towers, as a search by words and an index do."""
    OnnxDualEncoder(open_bundle(folder)).warm_up(image=True)


def test_saved_bundle_opens_as_it_was_saved(tiny_bundle):
    opened = open_bundle(tiny_bundle.directory)
    assert opened.manifest == tiny_bundle.manifest
    assert opened.fingerprint == tiny_bundle.fingerprint
    assert opened.manifest.name == "tiny"


def test_bundle_is_the_manifest_and_three_files(tiny_bundle):
    assert sorted(path.name for path in tiny_bundle.directory.iterdir()) == sorted([MANIFEST, *MODEL_FILES])


def test_bundle_may_be_moved(bundle_folder, tiny_bundle, tmp_path):
    moved = bundle_folder.rename(tmp_path / "somewhere else")
    assert open_bundle(moved).fingerprint == tiny_bundle.fingerprint
    use_everything(moved)


def test_bundle_may_be_saved_where_its_files_already_are(bundle_folder, tiny_bundle):
    fields = tiny_bundle.manifest.model_dump(exclude={"files", "format_version"})
    saved = save_bundle(bundle_folder, fields, {name: bundle_folder / name for name in MODEL_FILES})
    assert saved.fingerprint == tiny_bundle.fingerprint
    use_everything(bundle_folder)


def test_verified_gives_the_path_of_an_undamaged_file(tiny_bundle):
    for name in MODEL_FILES:
        assert tiny_bundle.verified(name) == tiny_bundle.directory / name


def test_file_record_is_size_and_sha256(tmp_path):
    path = tmp_path / "abc"
    path.write_bytes(b"abc")
    record = file_record(path)
    assert record.size_bytes == 3
    assert record.sha256 == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


class TestFingerprint:
    def test_fingerprint_is_sixteen_hex_digits(self, tiny_bundle):
        assert len(tiny_bundle.fingerprint) == 16
        assert set(tiny_bundle.fingerprint) <= set("0123456789abcdef")

    @pytest.mark.parametrize("name", MODEL_FILES)
    def test_other_weights_or_tokenizer_change_it(self, tiny_bundle, name):
        files = dict(tiny_bundle.manifest.files)
        files[name] = files[name].model_copy(update={"sha256": "0" * 64})
        assert with_changes(tiny_bundle.manifest, files=files).fingerprint != tiny_bundle.fingerprint

    @pytest.mark.parametrize(
        "change",
        [
            {"image_size": 32},
            {"resize_mode": "crop"},
            {"crop_fraction": 0.875},
            {"interpolation": "bicubic"},
            {"mean": (0.5, 0.4, 0.31)},
            {"std": (0.2, 0.25, 0.31)},
        ],
    )
    def test_other_preprocessing_changes_it(self, tiny_bundle, change):
        image = tiny_bundle.manifest.image.model_dump()
        image["preprocessing"] |= change
        assert with_changes(tiny_bundle.manifest, image=image).fingerprint != tiny_bundle.fingerprint

    def test_other_text_length_changes_it(self, tiny_bundle):
        text = tiny_bundle.manifest.text.model_dump() | {"max_tokens": 9}
        assert with_changes(tiny_bundle.manifest, text=text).fingerprint != tiny_bundle.fingerprint

    @pytest.mark.parametrize(
        ("side", "change"),
        [
            ("image", {"input": "pixel_values"}),
            ("image", {"embedding": "image_embeds"}),
            ("image", {"unit_rows": False}),
            ("text", {"padding": "full"}),
            ("text", {"pad_token_id": 1}),
            ("text", {"mask_input": None}),
            ("text", {"embedding": "pooler_output"}),
        ],
    )
    def test_another_use_of_the_graphs_changes_it(self, tiny_bundle, side, change):
        tower = getattr(tiny_bundle.manifest, side).model_dump() | change
        assert with_changes(tiny_bundle.manifest, **{side: tower}).fingerprint != tiny_bundle.fingerprint

    def test_weights_outside_a_graph_change_it(self, tiny_bundle):
        files = {**tiny_bundle.manifest.files, "image.onnx_data": tiny_bundle.manifest.files["text.onnx"]}
        assert with_changes(tiny_bundle.manifest, files=files).fingerprint != tiny_bundle.fingerprint

    def test_a_bundle_of_three_files_keeps_the_fingerprint_that_collections_know(self, tiny_bundle):
        manifest = json.loads((tiny_bundle.directory / MANIFEST).read_text(encoding="utf-8"))
        decides = {
            "files": {name: manifest["files"][name]["sha256"] for name in MODEL_FILES},
            "preprocessing": manifest["image"]["preprocessing"],
            "max_tokens": manifest["text"]["max_tokens"],
        }
        known = hashlib.sha256(json.dumps(decides, sort_keys=True).encode()).hexdigest()[:16]
        assert tiny_bundle.fingerprint == known

    def test_the_embedded_model_embeds_the_features_of_the_one_before(self):
        assert "a444aa74408d9cfa" in open_bundle(DEFAULT_BUNDLE).manifest.same_features

    @pytest.mark.parametrize(
        "change",
        [
            {"calibration": calibration("of a model")},
            {"source": {"repository": "owner/name"}},
            {"logit_bias": -12.0},
            {"figures": {"flickr8k": {"R@1": 0.5}}},
            {"training": {"seed": 3}},
            {"description": "another text"},
            {"license": "MIT"},
            {"created": "2031-01-01"},
            {"name": "renamed"},
            {"logit_scale": 99.0},
        ],
    )
    def test_words_and_figures_about_a_model_do_not_change_it(self, tiny_bundle, change):
        assert with_changes(tiny_bundle.manifest, **change).fingerprint == tiny_bundle.fingerprint

    def test_calibration_written_into_a_bundle_keeps_its_fingerprint(self, bundle_folder, tiny_bundle):
        write_manifest(bundle_folder, with_changes(tiny_bundle.manifest, calibration=calibration("of a model")))
        opened = open_bundle(bundle_folder)
        assert opened.manifest.calibration == calibration("of a model")
        assert opened.fingerprint == tiny_bundle.fingerprint
        use_everything(bundle_folder)

    def test_files_that_really_differ_have_another_fingerprint(self, bundle_folder, tiny_bundle, reseal):
        assert reseal().fingerprint == tiny_bundle.fingerprint
        tokenizer = json.loads((bundle_folder / "tokenizer.json").read_text(encoding="utf-8"))
        tokenizer["normalizer"]["lowercase"] = False
        (bundle_folder / "tokenizer.json").write_text(json.dumps(tokenizer), encoding="utf-8")
        assert reseal().fingerprint != tiny_bundle.fingerprint


class TestManifestFile:
    def test_manifest_is_written_whole_or_not_at_all(self, bundle_folder, tiny_bundle):
        before = (bundle_folder / MANIFEST).read_bytes()
        (bundle_folder / f".{MANIFEST}.partial").mkdir()  # the disk refuses the new file
        with pytest.raises(OSError, match="partial"):
            write_manifest(bundle_folder, with_changes(tiny_bundle.manifest, name="other"))
        assert (bundle_folder / MANIFEST).read_bytes() == before

    def test_manifest_leaves_no_partial_file(self, bundle_folder, tiny_bundle):
        write_manifest(bundle_folder, tiny_bundle.manifest)
        assert sorted(path.name for path in bundle_folder.iterdir()) == sorted([MANIFEST, *MODEL_FILES])

    def test_manifest_cannot_be_changed_in_memory(self, tiny_bundle):
        with pytest.raises(ValidationError, match="frozen"):
            tiny_bundle.manifest.name = "other"


class TestDamage:
    def test_folder_without_manifest_says_what_a_bundle_holds(self, tmp_path):
        with pytest.raises(BundleError) as error:
            open_bundle(tmp_path)
        assert "not a model bundle" in str(error.value)
        assert all(name in str(error.value) for name in (MANIFEST, *MODEL_FILES))

    def test_folder_that_does_not_exist_is_no_bundle(self, tmp_path):
        with pytest.raises(BundleError, match="not a model bundle"):
            open_bundle(tmp_path / "nowhere")

    @pytest.mark.parametrize("name", MODEL_FILES)
    def test_missing_file_is_named(self, bundle_folder, name):
        (bundle_folder / name).unlink()
        with pytest.raises(BundleError, match=f"{name} is missing"):
            open_bundle(bundle_folder)

    @pytest.mark.parametrize("name", MODEL_FILES)
    @pytest.mark.parametrize("kept", [0, 1, -1])
    def test_cut_file_is_noticed_when_the_bundle_opens(self, bundle_folder, name, kept):
        path = bundle_folder / name
        path.write_bytes(path.read_bytes()[:kept])
        with pytest.raises(BundleError, match=rf"{name} is damaged: .* bytes, .* expected"):
            open_bundle(bundle_folder)

    @pytest.mark.parametrize("name", MODEL_FILES)
    def test_one_changed_byte_is_noticed_before_the_file_is_used(self, bundle_folder, name):
        path = bundle_folder / name
        content = bytearray(path.read_bytes())
        content[len(content) // 2] ^= 1
        path.write_bytes(content)
        with pytest.raises(BundleError, match=rf"{name} is damaged: its content does not match model\.json"):
            use_everything(bundle_folder)

    @pytest.mark.parametrize("name", MODEL_FILES)
    def test_file_that_was_garbage_from_the_start_is_named(self, bundle_folder, reseal, name):
        (bundle_folder / name).write_bytes(b"\x08\x99 not what it should be \xff" * 9)
        bundle = reseal()
        with pytest.raises(BundleError, match=name):
            OnnxDualEncoder(bundle).warm_up(image=True)

    @pytest.mark.parametrize("name", MODEL_FILES)
    def test_file_that_goes_after_opening_is_named(self, bundle_folder, name):
        bundle = open_bundle(bundle_folder)
        (bundle_folder / name).unlink()
        with pytest.raises(BundleError, match=name):
            OnnxDualEncoder(bundle).warm_up(image=True)

    @pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe\x00 garbled", b"{'format_version': 1}"])
    def test_unreadable_manifest_is_named(self, bundle_folder, content):
        (bundle_folder / MANIFEST).write_bytes(content)
        with pytest.raises(BundleError, match=r"model\.json is not readable JSON"):
            open_bundle(bundle_folder)

    @pytest.mark.parametrize("content", ["[]", "3", "null", '"model"', "{}"])
    def test_manifest_of_another_shape_has_no_version(self, bundle_folder, content):
        (bundle_folder / MANIFEST).write_text(content)
        with pytest.raises(BundleError, match="format_version None"):
            open_bundle(bundle_folder)

    def test_manifest_of_a_later_version_says_what_to_do(self, bundle_folder):
        fields = json.loads((bundle_folder / MANIFEST).read_text())
        (bundle_folder / MANIFEST).write_text(json.dumps(fields | {"format_version": 2, "new": "field"}))
        with pytest.raises(BundleError, match="format_version 2, this release opens 1; update twinlens"):
            open_bundle(bundle_folder)

    def test_manifest_with_several_faults_names_them_all(self, bundle_folder):
        fields = json.loads((bundle_folder / MANIFEST).read_text())
        fields["embedding_dim"], fields["logit_scale"], fields["colour"] = 0, -1.0, "red"
        del fields["text"]["max_tokens"]
        (bundle_folder / MANIFEST).write_text(json.dumps(fields))
        with pytest.raises(BundleError) as error:
            open_bundle(bundle_folder)
        assert all(key in str(error.value) for key in ("embedding_dim", "logit_scale", "colour", "text.max_tokens"))

    @pytest.mark.parametrize("name", MODEL_FILES)
    def test_manifest_that_does_not_list_a_file_is_refused(self, bundle_folder, name):
        fields = json.loads((bundle_folder / MANIFEST).read_text())
        del fields["files"][name]
        (bundle_folder / MANIFEST).write_text(json.dumps(fields))
        with pytest.raises(BundleError, match=f"does not list {name}"):
            open_bundle(bundle_folder)

    def test_every_error_is_one_line(self, bundle_folder):
        (bundle_folder / "text.onnx").write_bytes(b"")
        with pytest.raises(BundleError) as error:
            open_bundle(bundle_folder)
        assert "\n" not in str(error.value)
        assert str(bundle_folder) in str(error.value)
