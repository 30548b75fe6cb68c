import errno
import json
import shutil
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from model.hub.conftest import NAME
from model.hub.loopback_hub import COMMIT
from twinlens.errors import BundleError, TwinlensError, UnknownPartError
from twinlens.model.hub.pull import PullPlan, pull
from twinlens.model.hub.removal import remove
from twinlens.model.load import find_bundle, known_bundles, load_model
from twinlens.model.onnx_encoder import OnnxDualEncoder

TEXT, IMAGE = "onnx/text_model.onnx", "onnx/vision_model.onnx"


def downloads(home: Path) -> Path:
    return home / "models" / ".downloads" / "tiny-clip" / COMMIT


def test_a_pulled_model_is_found_by_its_name_and_gives_the_embeddings_of_its_graphs(hub, tiny_bundle, own_home):
    bundle = pull(NAME)
    assert find_bundle("tiny-clip") == bundle.directory == own_home / "models" / "tiny-clip"
    ours, theirs = load_model("tiny-clip"), OnnxDualEncoder(tiny_bundle)
    photos = [Image.linear_gradient("L").convert("RGB"), Image.radial_gradient("L").convert("RGB")]
    texts = ["a red dog", "dog", "the cat runs on the beach"]
    np.testing.assert_allclose(ours.encode_image(photos), theirs.encode_image(photos), atol=1e-6)
    np.testing.assert_allclose(ours.encode_text(texts), theirs.encode_text(texts), atol=1e-6)


def test_licence_commit_and_sizes_are_told_before_the_download_and_kept_in_the_manifest(hub, own_home):
    plans: list[PullPlan] = []

    def note(plan: PullPlan) -> None:
        assert not [call for call in hub.calls if "resolve" in call]
        plans.append(plan)

    manifest = pull(NAME, on_plan=note).manifest
    (plan,) = plans
    assert (plan.source, plan.revision, plan.license) == (NAME, COMMIT, "apache-2.0")
    assert plan.size_bytes == plan.to_download_bytes > 1000
    assert manifest.license == "apache-2.0"
    assert manifest.source == {"repository": NAME, "revision": COMMIT, "variant": "fp32"}


def test_a_licence_that_is_not_stated_is_said_so_and_none_can_draw_on_the_terminal(hub):
    plans: list[PullPlan] = []
    hub.license = None
    pull(NAME, save_as="unstated", on_plan=plans.append)
    hub.license = "mit\x1b[2J\n"
    pull(NAME, save_as="drawn", on_plan=plans.append)
    assert [plan.license for plan in plans] == ["", "mit[2J"]


def test_progress_is_in_bytes_and_ends_at_all_of_them(hub):
    seen: list[tuple[int, int]] = []
    pull(NAME, on_bytes=lambda done, total: seen.append((done, total)))
    assert seen == sorted(seen)
    assert seen[-1][0] == seen[-1][1] > 1000


def test_only_what_a_bundle_needs_is_downloaded_at_the_pinned_commit(hub):
    pull(NAME, revision="main")
    got = {call.removeprefix(f"GET /{NAME}/resolve/{COMMIT}/") for call in hub.calls if "/resolve/" in call}
    assert got == {IMAGE, TEXT, "config.json", "preprocessor_config.json", "tokenizer_config.json", "tokenizer.json"}


def test_nothing_is_left_of_a_download_that_became_a_bundle(hub, own_home):
    pull(NAME)
    assert [entry for entry in (own_home / "models/.downloads").iterdir() if entry.is_dir()] == []


@pytest.mark.parametrize(
    ("config", "photos"),
    [
        ({"model_type": "siglip2", "vision_config": {"num_patches": 256, "patch_size": 16}}, {}),  # SigLIP 2 NaFlex
        ({"model_type": "fgclip2", "vision_config": {"model_type": "fgclip2_vision_model"}}, {}),  # FG-CLIP 2
        ({}, {"image_processor_type": "Siglip2ImageProcessorFast", "max_num_patches": 256}),
    ],
)
def test_a_model_of_patches_is_refused_before_its_graphs_are_fetched(hub, repository, config, photos):
    for name, fields in (("config.json", config), ("preprocessor_config.json", photos)):
        file = repository / name
        file.write_text(json.dumps({**json.loads(file.read_text()), **fields}))
    with pytest.raises(
        BundleError, match=r"owner/tiny-clip takes pictures .* \(NaFlex\).*; take .* such as siglip2-b16$"
    ):
        pull(NAME)
    assert not [call for call in hub.calls if call.endswith(".onnx")]


def test_siglip_2_of_one_size_is_pulled_whatever_it_calls_itself(hub, repository):
    config = {
        "model_type": "siglip2",
        "text_config": {"max_position_embeddings": 8},
        "vision_config": {"image_size": 16},
    }
    (repository / "config.json").write_text(json.dumps(config))
    assert pull(NAME).manifest.image.preprocessing.image_size == 16


class TestBrokenDownloads:
    def test_a_dropped_connection_is_taken_up_where_it_broke(self, hub, monkeypatch):
        from huggingface_hub import constants

        monkeypatch.setattr(constants, "DOWNLOAD_CHUNK_SIZE", 100)  # the client keeps whole chunks
        hub.drop_after = 500
        pull(NAME)
        assert "bytes=500-" in hub.ranges

    def test_a_server_that_sends_nothing_more_is_asked_again_for_the_rest(self, hub, monkeypatch):
        from huggingface_hub import constants

        monkeypatch.setattr(constants, "DOWNLOAD_CHUNK_SIZE", 100)
        monkeypatch.setattr(constants, "HF_HUB_DOWNLOAD_TIMEOUT", 2)  # seconds without a byte
        hub.drop_after, hub.stalls = 500, True
        pull(NAME)
        assert "bytes=500-" in hub.ranges

    def test_what_an_earlier_run_downloaded_is_not_fetched_again(self, hub, repository, own_home):
        begun = downloads(own_home) / f"{IMAGE}.partial"
        begun.parent.mkdir(parents=True)
        begun.write_bytes((repository / IMAGE).read_bytes()[:321])
        shutil.copyfile(repository / TEXT, downloads(own_home) / TEXT)
        plans: list[PullPlan] = []
        pull(NAME, on_plan=plans.append)
        assert hub.ranges == ["bytes=321-"]
        assert f"GET /{NAME}/resolve/{COMMIT}/{TEXT}" not in hub.calls
        here = 321 + (repository / TEXT).stat().st_size
        assert plans[0].to_download_bytes == plans[0].size_bytes - here

    def test_a_server_without_ranges_sends_the_file_again(self, hub, repository, own_home):
        hub.takes_ranges = False
        begun = downloads(own_home) / f"{IMAGE}.partial"
        begun.parent.mkdir(parents=True)
        begun.write_bytes(b"something else")
        pull(NAME)
        assert (find_bundle("tiny-clip") / "image.onnx").read_bytes() == (repository / IMAGE).read_bytes()

    @pytest.mark.parametrize("name", [IMAGE, "tokenizer.json", "config.json"])
    def test_a_file_with_another_checksum_is_refused_and_fetched_anew_next_time(self, hub, name, own_home):
        hub.wrong = {name}
        with pytest.raises(BundleError, match=f"{name} of {NAME} arrived damaged"):
            pull(NAME)
        assert "tiny-clip" not in known_bundles()
        hub.wrong = set()
        pull(NAME)

    def test_a_disk_that_fills_up_meanwhile_is_named(self, hub, monkeypatch):
        from huggingface_hub import file_download

        def fails(*_: object, **__: object) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

        monkeypatch.setattr(file_download, "http_get", fails)
        with pytest.raises(BundleError, match="the disk is full; free some space"):
            pull(NAME)

    def test_a_full_disk_is_noticed_before_the_download(self, hub, monkeypatch):
        monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=1000))
        with pytest.raises(BundleError, match="free some space, or set TWINLENS_HOME"):
            pull(NAME)
        assert not [call for call in hub.calls if "resolve" in call]


class TestRefusals:
    """Each is one line that says what to do."""

    def refusal(self, name: str, **options: str) -> str:
        with pytest.raises(TwinlensError) as caught:
            pull(name, **options)
        assert "\n" not in str(caught.value)
        assert not [entry for entry in known_bundles() if entry != "default"]
        return str(caught.value)

    def test_a_repository_that_does_not_exist_or_is_private(self, hub):
        assert "has no model repository owner/none, or it is private; check the name" in self.refusal("owner/none")

    def test_a_gated_repository(self, hub):
        hub.gated = {NAME}
        said = self.refusal(NAME)
        assert f"accept them at {hub.url}/{NAME}, then set HF_TOKEN" in said

    def test_a_revision_that_does_not_exist(self, hub):
        assert "has no revision 'v9'" in self.refusal(NAME, revision="v9")

    @pytest.mark.parametrize(
        ("status", "said"),
        [(403, "refuses access to owner/tiny-clip (403)"), (429, "again in 17 seconds"), (500, "it answered 500")],
    )
    def test_other_answers(self, hub, status, said):
        hub.status = status
        assert said in self.refusal(NAME)

    def test_a_hub_that_is_not_there(self, hub, monkeypatch):
        from huggingface_hub import constants

        monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:9")
        assert "check the connection and try again" in self.refusal(NAME)

    def test_offline(self, hub, monkeypatch):
        from huggingface_hub import constants

        monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
        assert "HF_HUB_OFFLINE is set" in self.refusal(NAME)
        assert not hub.calls

    def test_a_word_that_is_no_repository(self, hub):
        assert "give OWNER/NAME" in self.refusal("a b/c d")

    def test_a_commit_that_would_be_a_place_elsewhere(self, hub):
        hub.commit = "../../../out"
        assert "states no commit" in self.refusal(NAME)

    def test_a_variant_that_is_not_there(self, hub):
        assert "has no variant q4; it has fp32" in self.refusal(NAME, variant="q4")

    def test_a_repository_with_weights_for_torch_alone_is_never_unpickled(self, hub, repository):
        shutil.rmtree(repository / "onnx")
        assert "weights for torch, but no ONNX graphs" in self.refusal(NAME)
        assert f"GET /{NAME}/resolve/{COMMIT}/pytorch_model.bin" not in hub.calls

    @pytest.mark.parametrize("name", ["../out", "default", ".hidden", "a/b"])
    def test_a_name_that_is_no_folder_of_its_own(self, hub, name):
        assert "give another name with --as" in self.refusal(NAME, save_as=name)


def test_a_name_that_is_taken_is_not_overwritten(hub):
    first = pull(NAME)
    with pytest.raises(BundleError, match="there is a model 'tiny-clip' already"):
        pull(NAME)
    assert pull(NAME, save_as="second").fingerprint == first.fingerprint


def test_the_access_token_is_sent_and_kept_nowhere(hub, monkeypatch, own_home):
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    pull(NAME)
    assert "Bearer hf_secret" in hub.tokens
    assert "hf_secret" not in (find_bundle("tiny-clip") / "model.json").read_text()


def test_a_folder_with_a_copy_of_a_repository_is_pulled_without_the_hub(repository, own_home):
    bundle = pull(str(repository), save_as="mine")
    assert bundle.manifest.license == "mit"
    assert bundle.manifest.source == {"repository": str(repository), "variant": "fp32"}
    (repository / IMAGE).write_bytes(b"changed afterwards")
    bundle.verified("image.onnx")


def test_offline_the_cache_of_the_hubs_own_client_is_used(hub, repository, tmp_path, monkeypatch):
    from huggingface_hub import constants

    cached = tmp_path / "cache" / "models--owner--tiny-clip"
    shutil.copytree(repository, cached / "snapshots" / COMMIT)
    (cached / "refs").mkdir()
    (cached / "refs" / "main").write_text(COMMIT)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    assert pull(NAME).manifest.source == {"repository": NAME, "revision": COMMIT, "variant": "fp32"}
    assert not hub.calls


def test_a_removed_model_is_gone_and_others_stay(hub, own_home):
    pull(NAME)
    pull(NAME, save_as="second")
    assert remove("tiny-clip") > 1000
    assert "tiny-clip" not in known_bundles()
    assert "second" in known_bundles()
    for name in ("tiny-clip", "../..", "/"):
        with pytest.raises(UnknownPartError, match="no model in"):
            remove(name)
    with pytest.raises(BundleError, match="cannot be removed"):
        remove("default")


def test_a_published_model_that_is_not_here_is_offered_by_its_name():
    with pytest.raises(UnknownPartError, match="twinlens models pull clip-b32"):
        find_bundle("clip-b32")
