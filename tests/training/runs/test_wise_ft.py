"""WiSE-FT: weights between the published model and the best epoch, and the curve of what they give."""

import json
import shutil
from pathlib import Path

import pytest
import torch

from training.tiny_world import recipe as with_new_heads
from training.tiny_world import stage, train
from twinlens.data.find import open_dataset
from twinlens.errors import DataError, TrainingError
from twinlens.evaluation.retrieval import rank_both_ways
from twinlens.training.feeding.features import FeatureCache
from twinlens.training.feeding.split_inputs import InputsFactory
from twinlens.training.loop.validation import embed_split
from twinlens.training.recipe import Recipe
from twinlens.training.runs.run import RunListener, load_run, published_weights
from twinlens.training.runs.run_folder import WISE_FT
from twinlens.training.runs.wise_ft import second_set, weights_of

ALPHAS = (0.0, 0.5, 1.0)


def recipe(model: Path | None, second: Path | None = None, *, curve: bool = True) -> Recipe:
    fields = {
        "name": "tuned",
        "model": str(model),
        "optimizer": {"batch_size": 6, "gradient_checkpointing": True},
        "trainer": {"device": "cpu"},
        "stages": [stage(epochs=1, image="all", text="all", layer_decay=0.7)],
    }
    return Recipe.model_validate(
        fields | ({"wise_ft": {"alphas": ALPHAS, "second_data": str(second or "")}} if curve else {})
    )


@pytest.fixture(scope="module")
def run(
    published: dict[str, Path], few_photos: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, list[str]]:
    """A run's folder, which no test changes, and the notes that it made."""
    folder, notes = tmp_path_factory.mktemp("tuned") / "run", list[str]()
    train(recipe(published["clip"], few_photos), few_photos, folder, listener=RunListener(on_note=notes.append))
    return folder, notes


def measured(folder: Path, few_photos: Path, wise_ft: float) -> tuple[float, float]:
    """R@1 in both directions of a run's weights."""
    settings, model, _, _ = load_run(folder, wise_ft=wise_ft)
    factory = InputsFactory(settings, model, FeatureCache(folder.parent / "cache"))
    split = factory.split(open_dataset(few_photos).split("val"), settings.stages[0], training=False)
    images, texts = embed_split(model, split, settings, torch.device("cpu"))
    both = rank_both_ways(images.numpy(), texts.numpy(), split.rows.photo.numpy())
    return both[0]["R@1"], both[1]["R@1"]


def test_the_ends_are_the_published_and_the_trained_weights_and_the_middle_is_their_mean(
    run: tuple[Path, list[str]],
) -> None:
    folder, _ = run
    start, end, half = published_weights(folder), *(weights_of(*load_run(folder, wise_ft=a)[1:3]) for a in (1.0, 0.5))
    begun = weights_of(*load_run(folder, wise_ft=0.0)[1:3])
    assert begun.keys() == start.keys() == end.keys()
    assert all(torch.equal(begun[name], start[name]) for name in start)
    assert not all(torch.equal(end[name], start[name]) for name in start)
    for name in start:
        torch.testing.assert_close(half[name], (start[name] + end[name]) / 2, atol=1e-6, rtol=1e-5)
    assert "loss.scale.log_scale" in half


def test_the_curve_has_what_each_share_gives_on_both_data_sets(run: tuple[Path, list[str]], few_photos: Path) -> None:
    folder, notes = run
    curve = json.loads((folder / WISE_FT).read_text())
    expected = [measured(folder, few_photos, alpha) for alpha in ALPHAS]
    assert curve["alphas"] == list(ALPHAS)
    assert [own["data"] for own in curve["sets"]] == [f"{few_photos.name}/val"] * 2
    for own in curve["sets"]:
        found = zip(own["text_to_image"]["R@1"], own["image_to_text"]["R@1"], strict=True)
        assert list(found) == expected
        assert own["n_images"] == 6
    begun = "{:.1f} | {:.1f}".format(*expected[0])
    assert f"before training: val R@1 {begun} (text → image | image → text)" in notes
    sums = [sum(pair) for pair in expected]
    assert curve["best"] == ALPHAS[sums.index(max(sums))]


def test_the_best_epoch_is_the_curves_end(run: tuple[Path, list[str]]) -> None:
    folder, _ = run
    curve, validation = (json.loads((folder / name).read_text()) for name in (WISE_FT, "validation.json"))
    for way in ("text_to_image", "image_to_text"):
        assert curve["sets"][0][way]["R@1"][-1] == validation[way]["R@1"]


def test_the_report_shows_the_curve(run: tuple[Path, list[str]]) -> None:
    assert "share of the fine-tuned weights" in (run[0] / "figures" / "wise-ft.svg").read_text(encoding="utf-8")
    assert (run[0] / "report.html").read_text(encoding="utf-8").count("<svg") == 4


def test_a_finished_run_gets_its_curve_later(
    run: tuple[Path, list[str]], published: dict[str, Path], few_photos: Path, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(run[0], tmp_path / "run"))
    (folder / WISE_FT).unlink()
    train(recipe(published["clip"]), few_photos, folder, resume=True)
    again, before = (json.loads((place / WISE_FT).read_text()) for place in (folder, run[0]))
    assert again["sets"] == before["sets"][:1]


def test_a_run_with_new_heads_or_another_published_model_has_nothing_between(
    run: tuple[Path, list[str]], towers: dict[str, Path], tmp_path: Path
) -> None:
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / "recipe.json").write_text(with_new_heads(towers).model_dump_json())
    shutil.copy(towers["text"] / "tokenizer.json", tmp_path / "new")
    with pytest.raises(TrainingError, match=r"did not start from a published model.*needs a recipe with 'model'"):
        published_weights(tmp_path / "new")
    folder = Path(shutil.copytree(run[0], tmp_path / "run"))
    environment = json.loads((folder / "environment.json").read_text())
    environment["model"]["weights"] = "0123456789abcdef"
    (folder / "environment.json").write_text(json.dumps(environment))
    with pytest.raises(TrainingError, match="have changed since the run was started"):
        load_run(folder, wise_ft=0.5)
    assert load_run(folder)[1] is not None


def test_a_second_data_set_that_is_not_there_is_told_before_the_training(
    published: dict[str, Path], few_photos: Path, tmp_path: Path
) -> None:
    with pytest.raises(DataError):
        train(recipe(published["clip"], tmp_path / "gone"), few_photos, tmp_path / "run")
    assert not (tmp_path / "run" / "metrics.jsonl").exists()


def test_a_second_data_set_without_a_split_to_measure_on_is_told(few_photos: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(few_photos, tmp_path / "photos"))
    names = [row["file_name"] for row in json.loads((folder / "captions.json").read_text())]
    (folder / "splits.json").write_text(json.dumps({"train": sorted(set(names))}))
    with pytest.raises(DataError, match=r"wise_ft.second_data: .* in a split called val or test"):
        second_set(recipe(tmp_path, folder))
    assert second_set(recipe(tmp_path, curve=False)) == []
