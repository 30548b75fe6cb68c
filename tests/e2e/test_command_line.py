"""Status, models, doctor and evaluate; help, and what is loaded."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from e2e.command_line import index
from e2e.conftest import Run
from twinlens.cli.main import Commands, fill_lines

COMMANDS = (
    "index",
    "search",
    "similar",
    "caption",
    "status",
    "train",
    "evaluate",
    "audit",
    "export",
    "doctor",
    "repair",
)


def test_status_counts_and_lists_what_index_skipped(run: Run, library: Path) -> None:
    report = index(run, library)
    listed = run("status", "--in", library, "--skipped").stdout.splitlines()
    assert listed == [f"{file['path']}\t{file['reason']}" for file in report["skipped"]]
    status = json.loads(run("status", "--in", library, "--skipped", "--json").stdout)
    assert (status["images"], status["skipped"]) == (report["images"], len(report["skipped"]))
    assert status["skipped_files"] == report["skipped"]
    assert status["kinds_not_read"] == report["kinds_not_read"] == {".xcf": 1}
    text = run("status", "--in", library).stdout
    assert "photos      7 can be searched\n" in text
    assert "skipped     3 files; of kinds that are not read yet: 1 .xcf; --skipped lists them\n" in text


def test_status_and_models_show_what_is_there(run: Run, indexed: Path) -> None:
    status = json.loads(run("status", "--in", indexed / "pets", "--json").stdout)
    assert (status["images"], status["skipped"], status["model"]) == (7, 3, "default")
    models = json.loads(run("models", "list", "--json").stdout)
    assert models[0]["name"] == "default"
    info = run("models", "info", "default")
    assert models[0]["fingerprint"] in info.stdout
    assert "Flickr8k" in info.stdout or "flickr8k" in info.stdout


def test_doctor_finds_nothing_wrong_with_a_fresh_collection(run: Run, indexed: Path) -> None:
    result = run("doctor", "--in", indexed)
    assert result.returncode == 0, result.stdout
    assert "FAIL" not in result.stdout
    assert result.stdout.splitlines()[-1] == "to do: nothing"
    assert all(finding["remedy"] is None for finding in json.loads(run("doctor", "--in", indexed, "--json").stdout))


def test_evaluate_prints_the_measures_both_ways(run: Run, library: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    (data / "images").mkdir(parents=True)
    captions = {
        "pets/cat.png": ["a cat looks into the camera", "a ginger cat"],
        "street/motorcycle.png": ["a motorcycle in a garage", "a parked motorbike"],
        "kitchen/coffee.png": ["a cup of coffee on a table"],
        "people/photographer.png": ["a man with a camera on a tripod"],
    }
    rows = []
    for photo, own in captions.items():
        name = Path(photo).name
        shutil.copyfile(library / photo, data / "images" / name)
        rows += [{"file_name": name, "caption": caption} for caption in own]
    (data / "captions.json").write_text(json.dumps(rows))
    result = run("evaluate", "--data", data, "--split", "all", "--json")
    report = json.loads(result.stdout)
    assert (report["n_images"], report["n_captions"]) == (4, 6)
    assert report["protocol"] == "data/all: whole gallery, any right caption counts, ties count against"
    for direction in ("text_to_image", "image_to_text"):
        assert {"R@1", "R@5", "R@10", "P@1", "P@5", "P@10", "MRR", "MedR", "MeanR"} <= set(report[direction])
        assert report[direction]["R@1"] >= 50  # chance is 25
        assert report[direction]["R@5"] == 100
    wrong = run("evaluate", "--data", data, "--split", "tset")
    assert wrong.returncode == 1
    assert "did you mean 'test'" in wrong.stderr


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_each_command_ends_with_an_example(run: Run, command: str) -> None:
    result = run(command, "--help")
    assert result.returncode == 0
    assert f"Example: twinlens {command}" in " ".join(result.stdout.split())
    assert "<bool>" not in result.stdout, "flags take no value"


def test_help_fills_the_lines_of_any_terminal() -> None:
    paragraphs = (Commands()["index"].help + "\n\n" + Commands()["search"].help).split("\n\n")
    assert len(paragraphs) > 6
    assert not [one for one in paragraphs if "\n" in one]
    listed = SimpleNamespace(help="Of two\n    lines.\n\n    A list:\n    - one\n    - two")
    fill_lines(SimpleNamespace(help=None, commands={"listed": listed}))
    assert listed.help == "Of two lines.\n\nA list:\n- one\n- two"


def test_no_flag_asks_for_a_value_in_the_help(run: Run) -> None:
    for asked in (["--help"], ["tag", "add", "--help"]):  # the program itself, and a command in a group
        told = run(*asked).stdout
        assert "--help" in told
        assert "<bool>" not in told


def test_neither_import_nor_help_loads_torch() -> None:
    program = (
        "import sys; import twinlens; from twinlens.cli.main import Commands; list(Commands().values()); "
        "heavy = {'torch', 'transformers', 'onnxruntime', 'numpy'} & set(sys.modules); assert not heavy, heavy; "
        "import twinlens.api; assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)


def test_output_that_is_cut_by_head_is_no_error(indexed: Path, run: Run) -> None:
    line = f"{sys.executable} -m twinlens search anything --all --in {indexed} | head -n 1"
    result = subprocess.run(line, shell=True, capture_output=True, text=True, timeout=60, check=False)
    assert result.stdout.startswith("1\t")
    assert result.stderr == ""
