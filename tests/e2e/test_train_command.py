"""``twinlens train`` and ``twinlens export`` as a user runs them."""

import json
import os
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from e2e.conftest import HANGS_S, Run
from training.tiny_world import draw_world, save_image_tower

RECIPE = """
name = "shapes"
embedding_dim = 16

[image]
tower = '{image}'

[text]
tower = "lstm"
max_tokens = 12
options = {{ hidden = 24, word_dim = 16 }}

[optimizer]
batch_size = 48

[trainer]
device = "cpu"
checkpoint_every_steps = 1

[[stages]]
epochs = 30
learning_rate = 1e-2
text = "all"
"""


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    """Faster for towers so small, above all where other tests run beside."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return draw_world(tmp_path_factory.mktemp("world") / "shapes")


@pytest.fixture(scope="module")
def recipe(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("recipe")
    torch.manual_seed(3)
    path = folder / "shapes.toml"
    path.write_text(RECIPE.format(image=save_image_tower(folder / "image")), encoding="utf-8")
    return path


def test_train_measure_export_and_search(run_here: Run, recipe: Path, world: Path, tmp_path: Path) -> None:
    trained = run_here("train", recipe, "--data", world, "--json")
    assert trained.returncode == 0, trained.stderr
    validation = json.loads(trained.stdout)
    folder = tmp_path / "runs" / "shapes"
    for told in (str(folder), "report.html", "best.safetensors", "twinlens evaluate --model", "twinlens search"):
        assert told in trained.stderr
    assert validation["text_to_image"]["R@1"] > 25  # chance is 2.8
    page = (folder / "report.html").read_text(encoding="utf-8")
    drawings = page.split("<figure>")[1:]
    assert len(drawings) == 3
    for drawing in drawings:
        ET.fromstring(drawing.partition("</figure>")[0])

    measured = run_here("evaluate", "--model", folder, "--data", world, "--split", "val", "--json")
    assert validation["text_to_image"].items() <= json.loads(measured.stdout)["text_to_image"].items()

    exported = run_here("export", folder, "--out", folder / "bundle", "--int8", "--json")
    assert exported.returncode == 0, exported.stderr
    told = json.loads(exported.stdout)
    assert told["difference"] <= 1e-4
    assert told["int8"]["R@1 lost"] <= 0.5

    recorded = run_here(
        "evaluate", "--model", folder / "bundle", "--data", world, "--split", "val", "--json", "--record"
    )
    assert json.loads(recorded.stdout)["model"] == told["fingerprint"]
    manifest = json.loads((folder / "bundle" / "model.json").read_text(encoding="utf-8"))
    assert manifest["figures"]["shapes/val"]["text_to_image"] == json.loads(recorded.stdout)["text_to_image"]

    found = run_here(
        "search", "a red circle on white", "--in", world / "images", "--model", folder / "bundle", "-k", "3"
    )
    assert found.returncode == 0, found.stderr
    assert len(found.stdout.splitlines()) == 3

    again = run_here("train", recipe, "--data", world)
    assert again.returncode == 1
    assert "continue it with --resume" in again.stderr
    finished = run_here("train", recipe, "--data", world, "--resume", "--json")
    assert json.loads(finished.stdout) == validation


@pytest.mark.slow
def test_an_interrupted_run_says_so_and_goes_on(run_here: Run, recipe: Path, world: Path, tmp_path: Path) -> None:
    arguments = [
        "train",
        str(recipe),
        "--data",
        str(world),
        "--out",
        str(tmp_path / "run"),
        "--set",
        "stages.0.epochs=400",
    ]
    command = [sys.executable, "-m", "twinlens", *arguments]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    for line in process.stderr:
        if line.split()[:1] == ["3"]:
            break
    process.send_signal(2)
    _, told = process.communicate(timeout=HANGS_S)
    assert process.returncode == 130
    assert "interrupted" in told
    assert (tmp_path / "run" / "last.safetensors").is_file()
    lines = (tmp_path / "run" / "metrics.jsonl").read_text().splitlines()
    assert len(lines) >= 3
    changed = run_here(*arguments[:-1], "stages.0.epochs=4", "--resume")
    assert changed.returncode == 1
    assert "stages" in changed.stderr


def one_line(finished: "subprocess.CompletedProcess[str]") -> str:
    assert finished.returncode == 1
    assert finished.stdout == ""
    assert "Traceback" not in finished.stderr
    lines = [line for line in finished.stderr.splitlines() if line]
    assert len(lines) == 1
    return lines[0]


def test_five_mistakes_are_told_at_once(run_here: Run, world: Path, tmp_path: Path) -> None:
    recipe = tmp_path / "wrong.toml"
    recipe.write_text(
        'name = "wrong"\nembeding_dim = 16\n[image]\ntower = "efficientnet-lite9"\n[loss]\nname = "infonse"\n'
        "[optimizer]\nbatchsize = 3\n[[stages]]\nepochs = 0\nlearning_rate = 0.1\n"
    )
    told = one_line(run_here("train", recipe, "--data", world))
    for part in ("5 faults", "'embedding_dim'", "'efficientnet-lite", "'infonce'", "'batch_size'", "stages.0.epochs"):
        assert part in told


def test_a_recipe_that_is_not_there(run_here: Run, world: Path, tmp_path: Path) -> None:
    assert "no recipe at" in one_line(run_here("train", tmp_path / "none.toml", "--data", world))


def test_a_device_that_is_not_there(run_here: Run, recipe: Path, world: Path) -> None:
    if torch.cuda.is_available():
        pytest.skip("there is one here")
    assert "only cpu" in one_line(run_here("train", recipe, "--data", world, "--device", "cuda"))


def test_a_batch_larger_than_the_data(run_here: Run, recipe: Path, world: Path) -> None:
    told = one_line(run_here("train", recipe, "--data", world, "--set", "optimizer.batch_size=4096"))
    assert "optimizer.batch_size is 4,096, but the train split has 144 photos" in told


def test_neither_data_nor_captions_is_wrong_usage(run_here: Run, recipe: Path) -> None:
    assert run_here("train", recipe).returncode == 2


@pytest.mark.parametrize("command", ["train", "export"])
def test_without_torch_one_line_names_the_extra(
    command: str, recipe: Path, world: Path, tmp_path: Path, own_home: Path
) -> None:
    hidden = tmp_path / "hidden"
    hidden.mkdir()
    # stands before the installed packages, as if torch were not there
    (hidden / "sitecustomize.py").write_text(
        "import sys\n"
        "class NoTorch:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name.partition('.')[0] == 'torch':\n"
        "            raise ModuleNotFoundError(f'No module named {name!r}', name=name)\n"
        "sys.meta_path.insert(0, NoTorch())\n"
    )
    arguments = [recipe, "--data", world] if command == "train" else [tmp_path, "--out", tmp_path / "bundle"]
    finished = subprocess.run(
        [sys.executable, "-m", "twinlens", command, *map(str, arguments)],
        env={**os.environ, "PYTHONPATH": str(hidden)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert 'pip install "twinlens[train]"' in one_line(finished)


def test_help_and_search_leave_torch_alone() -> None:
    code = "import sys, twinlens.cli.main, twinlens.api; print({'torch', 'transformers'} & set(sys.modules))"
    finished = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert finished.stdout.strip() == "set()"
