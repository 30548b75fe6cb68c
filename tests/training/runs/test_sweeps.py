"""Several runs of one recipe: which ones, what is trained again, and their mean and deviation."""

import json
import statistics
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from training.tiny_world import recipe, stage
from twinlens.cli.main import app
from twinlens.errors import ConfigError, TrainingError
from twinlens.training.recipe import Recipe
from twinlens.training.runs.run_folder import RunFolder
from twinlens.training.runs.sweeps import sweep as sweep_module
from twinlens.training.runs.sweeps.plan import plan_runs, values_of
from twinlens.training.runs.sweeps.report import Measured, SweepReport

TOML = """
name = "tiny"
embedding_dim = 16
seed = 4
[image]
tower = '{image}'
[text]
tower = '{text}'
max_tokens = 12
pooling = "mean"
[optimizer]
batch_size = 48
[trainer]
device = "cpu"
[[stages]]
epochs = 1
learning_rate = 5e-3
"""


def reader(towers: dict[str, Path]) -> Any:
    """Reads the tiny recipe; the changes are only kept in its description."""

    def read(changes: Sequence[str]) -> Recipe:
        return recipe(towers, description=" ".join(changes), seed=4, stages=[stage(epochs=1)])

    return read


def test_each_combination_has_each_seed_and_a_folder_of_its_own(towers: dict[str, Path]) -> None:
    sweeps = ["a.x=1,2", "a.y=[3, 4],'5,6'"]
    runs = plan_runs(reader(towers), Path("out"), sweeps=sweeps, seeds=2)
    assert len(runs) == 8
    assert {(run.setting, run.recipe.description) for run in runs} == {
        (f"a.x={x}, a.y={y}", f"a.x={x} a.y={y}") for x in "12" for y in ("[3, 4]", "'5,6'")
    }
    assert [run.recipe.seed for run in runs] == [4, 5] * 4
    assert runs[0].folder == Path("out/a.x=1,a.y=_3,4_/seed-4")
    assert len({run.folder for run in runs}) == 8
    (only,) = plan_runs(reader(towers), Path("out"))
    assert (only.setting, only.folder) == ("", Path("out/seed-4"))


@pytest.mark.parametrize("sweep", ["a.x", "=1,2", "a.x=", "a.x=1,,2"])
def test_a_sweep_without_key_or_value_is_refused(sweep: str) -> None:
    with pytest.raises(ConfigError, match="a sweep must look like"):
        values_of(sweep)


def test_the_same_run_twice_is_refused(towers: dict[str, Path]) -> None:
    with pytest.raises(ConfigError, match="two runs of the sweep would be the same"):
        plan_runs(reader(towers), Path("out"), sweeps=["a.x=1,1"])


def test_mean_and_deviation_are_those_of_the_values() -> None:
    def run(setting: str, seed: int, r1: float) -> Measured:
        ways = {way: {"R@1": r1 + place, "R@5": 50.0, "R@10": 60.0} for place, way in enumerate(
            ("text_to_image", "image_to_text")
        )}  # fmt: skip
        about = {"recipe": "r", "data": "d", "split": "val", "n_images": 36, "loss": r1 / 10, "seconds": 2.0}
        return Measured(setting, seed, Path(f"out/{seed}"), {**about, **ways})

    values = [20.0, 22.5, 21.1]
    runs = [run("x=1", seed, value) for seed, value in enumerate(values)]
    report = SweepReport((*runs, run("x=2", 0, 30.0), Measured("x=2", 1, Path("out/f"), None, "the loss is NaN")))
    first, second = report.to_json()["settings"]
    assert first["text_to_image"]["R@1"]["mean"] == pytest.approx(statistics.mean(values), abs=1e-4)
    assert first["text_to_image"]["R@1"]["std"] == pytest.approx(statistics.stdev(values), abs=1e-4)
    assert first["image_to_text"]["R@1"]["values"] == [value + 1 for value in values]
    assert (second["num_runs"], second["text_to_image"]["R@1"]["std"]) == (1, None)
    assert second["runs"][1] == {"seed": 1, "folder": "out/f", "failed": "the loss is NaN"}
    table = str(report).splitlines()
    assert table[3].split()[:5] == ["x=1", "3", "21.2", "±", "1.3"]
    assert table[4].split()[:4] == ["x=2", "1", "30.0", "50.0"]
    assert table[-1] == "failed: out/f: the loss is NaN"
    assert (report.num_failed, "no run has come" in str(SweepReport(report.runs[-1:]))) == (1, True)


@pytest.fixture
def command(world: Path, towers: dict[str, Path], cache: Path, tmp_path: Path) -> list[str]:
    file = tmp_path / "tiny.toml"
    file.write_text(TOML.format(**towers), encoding="utf-8")
    given = ["--data", str(world), "--out", str(tmp_path / "out"), "--cache", str(cache), "--json"]
    return ["train", str(file), *given, "--sweep", "embedding_dim=8,16"]


def test_finished_runs_are_kept_and_the_others_trained(command: list[str], tmp_path: Path) -> None:
    first = CliRunner().invoke(app, command)
    assert first.exit_code == 0, first.output
    told = json.loads(first.stdout)
    assert [own["setting"] for own in told["settings"]] == ["embedding_dim=8", "embedding_dim=16"]
    assert json.loads((tmp_path / "out" / "sweep.json").read_text()) == told
    folders = [RunFolder(tmp_path / "out" / f"embedding_dim={dim}" / "seed-4") for dim in (8, 16)]
    assert [folder.recipe().embedding_dim for folder in folders] == [8, 16]
    before = [folder.best.stat().st_mtime_ns for folder in folders]
    (folders[1].path / "report.html").unlink()  # as if it had been interrupted at its end
    again = CliRunner().invoke(app, command)
    assert json.loads(again.stdout)["settings"] == told["settings"]
    assert "run 1 of 2: embedding_dim=8, seed 4 (finished before)" in again.stderr
    assert [folder.best.stat().st_mtime_ns for folder in folders] == before
    assert (folders[1].path / "report.html").is_file()
    other = CliRunner().invoke(app, [*command, "--set", "optimizer.batch_size=24"])
    assert other.exit_code == 1
    assert "was started with other values of optimizer.batch_size" in other.stderr


def test_a_run_that_fails_does_not_stop_the_others(command: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    train = sweep_module.run_recipe

    def fail_once(own: Recipe, *arguments: Any, **options: Any) -> Any:
        if own.embedding_dim == 8:
            raise TrainingError("the loss is NaN")
        return train(own, *arguments, **options)

    monkeypatch.setattr(sweep_module, "run_recipe", fail_once)
    answer = CliRunner().invoke(app, command)
    assert answer.exit_code == 1
    first, second = json.loads(answer.stdout)["settings"]
    assert (first["runs"][0]["failed"], first["num_runs"], second["num_runs"]) == ("the loss is NaN", 0, 1)


def test_splits_cannot_be_swept_and_a_faulty_value_is_named_before_anything_is_trained(
    command: list[str], tmp_path: Path
) -> None:
    ratios = CliRunner().invoke(app, [*command, "--sweep", "data.ratios=80/10/10,70/15/15"])
    assert "data.ratios cannot be swept" in ratios.stderr
    faulty = CliRunner().invoke(app, [*command, "--sweep", "optimizer.batch_sise=8,16"])
    assert "did you mean 'batch_size'?" in faulty.stderr
    assert not (tmp_path / "out").exists()
