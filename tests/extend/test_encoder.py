"""``docs/extend/encoder.md``: indexed, searched, judged with its own maps, explained, reindexed to and from."""

import importlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import twinlens
from conftest import PhotoMaker
from extend.conftest import Install, Run
from installed_package import install_package
from twinlens import api
from twinlens.errors import ModelMismatchError

NAME = "colour-histogram"


@pytest.fixture
def photos(make_photo: PhotoMaker) -> Path:
    for number, colour in enumerate(["red", "green", "blue", "white", "red"]):
        make_photo(f"{colour}-{number}.png", colour, seed=number)
    return make_photo("black.png", "black").parent


@pytest.fixture
def histogram(install: Install) -> Any:
    """The page's class, installed under its name."""
    install("encoder.md")
    return importlib.import_module("colour_histogram").ColourHistogram


def test_the_page_s_contract_test_passes(install: Install, site: Path, tmp_path: Path) -> None:
    assert "passed" in install("encoder.md").run_its_test(site, tmp_path)


def test_it_is_indexed_searched_and_judged(histogram: Any, photos: Path) -> None:
    with twinlens.Collection.create([photos], model=histogram()) as collection:
        assert collection.index().images == 6
        answer = collection.answer("something red")
        assert answer.matched == 2
        assert [hit.id for hit in answer.shown] == ["red-0.png", "red-4.png"]
        best, worst = answer.hits[0], answer.hits[-1]
        assert best.probability > 0.9
        assert best.relevant is True
        assert worst.probability < 0.1
        assert worst.relevant is False
        assert collection.answer("yellow").matched == 0
        assert collection.answer("red", min_probability=0.999).matched == 2
        similar = collection.similar(photos / "red-0.png", k=1)
        assert [(hit.id, hit.probability, hit.relevant) for hit in similar] == [("red-4.png", None, None)]


def test_its_judge_is_right_about_drawn_pictures(histogram: Any) -> None:
    encoder, draw = histogram(), np.random.default_rng(5)
    colours = importlib.import_module("colour_histogram").COLOURS
    names, scores, right = list(colours), [], []
    texts = encoder.encode_text(names)
    for _ in range(240):
        shares, chosen = draw.dirichlet(np.ones(3)), draw.choice(len(names), 3, replace=False)
        which = draw.choice(chosen, size=64 * 64, p=shares)
        tint = {number: draw.normal(0, 18, 3) for number in chosen}
        pixels = np.array([np.array(colours[names[number]]) + tint[number] for number in which])
        noisy = (pixels + draw.normal(0, 8, pixels.shape)).clip(0, 255).astype(np.uint8)
        picture = encoder.encode_image([Image.fromarray(noisy.reshape(64, 64, 3))])[0]
        scores += (texts @ picture).tolist()
        right += [float((which == number).mean() >= 0.2) for number in range(len(names))]
    judgement = encoder.relevance().judge(texts[0], "text")
    probabilities, matches = judgement.probability(scores), np.array(right)
    assert (np.array([grade is not None for grade in judgement.grades(scores)]) == matches).mean() > 0.9
    assert np.mean((probabilities - matches) ** 2) < 0.06  # Brier; saying the mean of 0.24 would cost 0.18
    assert abs(probabilities.mean() - matches.mean()) < 0.03


def test_a_photo_is_explained_by_occlusion(histogram: Any, photos: Path, run: Run) -> None:
    photo = photos / "flag.png"
    flag = Image.new("RGB", (96, 64), "blue")
    flag.paste("red", (60, 8, 84, 24))
    flag.save(photo)
    explained = api.explanation.explain(photo, "red", model=histogram())
    assert explained.kind == "occlusion"
    left, top = explained.peak
    assert 60 / 96 <= left <= 84 / 96
    assert 8 / 64 <= top <= 24 / 64
    done = run("explain", photo, "red", "--model", NAME)
    assert done.returncode == 0
    assert done.stdout.split("\t")[1:3] == [f"{left:.2f}", f"{top:.2f}"]
    assert done.stderr.startswith("map by occlusion: ")
    assert done.stderr.count("\n") == 1


def test_a_collection_is_reindexed_to_it_and_back(histogram: Any, photos: Path) -> None:
    with twinlens.Collection.create([photos]) as collection:
        collection.index()
        default = collection.catalog.model()
        report = collection.reindex(histogram())
        assert report.model_change.is_complete
        assert collection.catalog.model().fingerprint == histogram.fingerprint
        assert [hit.id for hit in collection.search("red", k=2)] == ["red-0.png", "red-4.png"]
        assert collection.index().unchanged == 6
    with twinlens.Collection.open(photos, model=histogram()) as collection:
        assert collection.answer("red").matched == 2
        assert collection.pending_change() is None
        assert collection.reindex("default").model_change.is_complete
        assert collection.catalog.model() == default
    with twinlens.Collection.open(photos) as collection:
        assert collection.encoder.fingerprint == default.fingerprint
        assert len(collection.search("red", k=6)) == 6
        assert collection.faults() == []


def test_captions_are_embedded_again_too(histogram: Any, photos: Path, tmp_path: Path) -> None:
    (tmp_path / "captions.csv").write_text("image,caption\nred-0.png,a red wall\nblue-2.png,a blue wall\n")
    with twinlens.Collection.create([photos], model=histogram()) as collection:
        collection.index(captions=tmp_path / "captions.csv")
        (best, _) = collection.search("blue", target="caption")
        assert best.caption == "a blue wall"
        assert collection.caption(photos / "red-4.png", k=1)[0].caption == "a red wall"


def test_an_installed_one_is_found_by_its_name(histogram: Any, photos: Path, run: Run) -> None:
    done = run("index", photos, "--model", NAME)
    assert done.returncode == 0, done.stderr
    found = run("search", "something red", "--in", photos, "--json")
    answer = json.loads(found.stdout)
    assert answer["model"] == histogram.fingerprint
    assert [one["image_id"] for one in answer["results"]] == ["red-0.png", "red-4.png"]
    assert NAME in run("status", "--in", photos).stdout
    with twinlens.Collection.open(photos) as collection:
        assert type(collection.encoder).__name__ == "ColourHistogram"
    for model, fingerprint in (("default", None), (NAME, histogram.fingerprint)):
        done = run("reindex", photos, "--model", model)
        assert done.returncode == 0, done.stderr
        told = json.loads(run("status", "--in", photos, "--json").stdout)
        assert told["model"] == model
        assert fingerprint in (None, told["fingerprint"])


def test_without_its_package_the_collection_says_what_it_needs_and_can_be_changed(
    histogram: Any, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with twinlens.Collection.create([photos], model=NAME) as collection:
        collection.index()
    monkeypatch.undo()  # uninstalled
    with twinlens.Collection.open(photos) as collection:
        with pytest.raises(ModelMismatchError, match=f"model {NAME} .*--model default"):
            collection.search("red")
        assert len(collection.similar(photos / "red-0.png")) == 5  # needs no model
        assert collection.reindex("default").model_change.is_complete
    with twinlens.Collection.open(photos, model="default") as collection:
        assert len(collection.search("red")) == 6


def test_a_later_version_of_it_embeds_the_photos_again(
    histogram: Any, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with twinlens.Collection.create([photos], model=NAME) as collection:
        collection.index()
    monkeypatch.setattr(histogram, "fingerprint", "colour-histogram-2")
    with twinlens.Collection.open(photos) as collection:
        assert collection.pending_change().fingerprint == "colour-histogram-2"
        with pytest.raises(ModelMismatchError, match="twinlens index"):
            collection.search("red")
        assert collection.index().model_change.is_complete
        assert collection.answer("red").matched == 2


def test_a_package_that_fails_is_named_in_one_line(histogram: Any, site: Path, run: Run, photos: Path) -> None:
    install_package(site, "broken", "raise RuntimeError('no GPU')\n", family="encoder", parts={"broken": "broken:Any"})
    done = run("index", photos, "--model", "broken")
    assert done.returncode == 1
    info = run("models", "info", NAME)
    assert (info.returncode, info.stderr) == (0, "")
    assert f"name: {NAME}" in info.stdout
    assert "error: the model 'broken' cannot be loaded: RuntimeError('no GPU'); reinstall or remove" in done.stderr
