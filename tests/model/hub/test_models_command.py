"""``twinlens models pull`` and its kin, as a person uses them, with a small hub."""

import json
import logging
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from model.hub.conftest import NAME
from model.hub.loopback_hub import COMMIT
from twinlens.cli.main import app
from twinlens.model.load import load_model


@pytest.fixture(autouse=True)
def quiet_log() -> Iterator[None]:
    yield
    logging.getLogger("twinlens").handlers.clear()


def run(*arguments: object):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Two demo photos that decode fast."""
    folder = tmp_path / "photos"
    folder.mkdir()
    for name in ("animals/cat.jpg", "animals/bee.jpg"):
        with Image.open(Path(__file__).parents[3] / "demo/photos" / name) as photo:
            photo.convert("RGB").resize((96, 64)).save(folder / Path(name).name)
    return folder


def test_a_model_is_pulled_then_indexes_and_finds_photos(hub, photos):
    pulled = run("models", "pull", NAME)
    assert pulled.exit_code == 0, pulled.output
    name, fingerprint, _ = pulled.stdout.split("\t")
    assert name == "tiny-clip"
    assert f"{NAME} at {COMMIT[:12]}, licence: apache-2.0" in pulled.stderr
    assert "use it: twinlens index PHOTOS --model tiny-clip" in pulled.stderr
    indexed = run("index", photos, "--model", "tiny-clip", "--json")
    assert json.loads(indexed.stdout)["added"] == 2
    found = json.loads(run("search", "a red dog", "--in", photos, "--all", "--json").stdout)
    assert found["model"] == fingerprint
    encoder = load_model("tiny-clip")
    query = encoder.encode_text(["a red dog"])[0]
    for hit in found["results"]:
        with Image.open(hit["image_path"]) as photo:
            cosine = float(encoder.encode_image([photo.convert("RGB")])[0] @ query)
        np.testing.assert_allclose(hit["score"], cosine, atol=1e-3)
    explained = json.loads(run("explain", photos / "cat.jpg", "a cat", "--model", "tiny-clip", "--json").stdout)
    assert explained["map_kind"] == "occlusion"
    assert np.max(explained["map"]) == 1.0


def test_the_list_has_what_is_here_and_what_can_be_pulled(hub):
    run("models", "pull", NAME, "--as", "siglip-b16")
    rows = {row["name"]: row for row in json.loads(run("models", "list", "--json").stdout)}
    assert rows["default"]["is_here"]
    assert rows["siglip-b16"]["is_here"]
    assert not rows["clip-b32"]["is_here"]
    assert rows["clip-b32"]["flickr30k"] == [58.8, 78.9]
    assert rows["clip-b32"]["flickr30k_source"]
    lines = run("models", "list").stdout.splitlines()
    assert [line.split("\t")[0] for line in lines] == list(rows)


def test_info_tells_of_a_model_that_is_not_here_and_of_a_pulled_one(hub):
    assert json.loads(run("models", "info", "clip-b32", "--json").stdout)["license"] == "mit"
    run("models", "pull", NAME)
    fields = json.loads(run("models", "info", "tiny-clip", "--json").stdout)
    assert (fields["license"], fields["source"]["revision"]) == ("apache-2.0", COMMIT)


def test_a_model_is_removed_after_a_question(hub):
    run("models", "pull", NAME)
    assert CliRunner().invoke(app, ["models", "remove", "tiny-clip"], input="n\n").exit_code == 1
    assert run("models", "info", "tiny-clip").exit_code == 0
    assert "removed tiny-clip" in run("models", "remove", "tiny-clip", "--yes").stderr
    assert run("models", "info", "tiny-clip").exit_code == 1


def test_a_refusal_is_one_line_without_a_traceback(hub):
    hub.status = 429
    refused = run("models", "pull", NAME)
    assert refused.exit_code == 1
    assert refused.stderr.startswith("error: ")
    assert refused.stderr.count("\n") == 1
