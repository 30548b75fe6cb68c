"""The notebooks run from the first cell to the last."""

import json
from pathlib import Path
from typing import Any

import pytest

from conftest import PhotoMaker
from training.tiny_world import draw_world

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
SHORT = 'stages=[{epochs=2, learning_rate=0.01, schedule="constant"}]'


def run_notebook(name: str) -> dict[str, Any]:
    """Runs the cells of code in order, and returns their variables."""
    cells = json.loads((NOTEBOOKS / name).read_text(encoding="utf-8"))["cells"]
    variables: dict[str, Any] = {}
    for number, cell in enumerate(cells):
        if cell["cell_type"] == "code":
            assert cell["outputs"] == [], "outputs are not committed"
            exec(compile("".join(cell["source"]), f"{name}, cell {number}", "exec"), variables)
    return variables


@pytest.fixture
def in_notebooks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(NOTEBOOKS)


@pytest.mark.usefixtures("in_notebooks")
def test_photos_are_found_by_words(make_photo: PhotoMaker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    photos = make_photo("red.png", "red").parent
    make_photo("blue.png", "blue")
    for name, value in {"PHOTOS": str(photos), "QUERY": "red", "COLLECTION": str(tmp_path / "collection")}.items():
        monkeypatch.setenv(name, value)
    found = run_notebook("script.ipynb")
    assert found["paths"][found["best"][0]].name == "red.png"
    assert found["hits"][0].path.name == "red.png"


@pytest.mark.slow
@pytest.mark.usefixtures("in_notebooks")
def test_a_model_is_trained_and_evaluated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = draw_world(tmp_path / "world")
    settings = {"DATA": str(data), "RUN": str(tmp_path / "run"), "CHANGES": f"{SHORT}|optimizer.batch_size=16"}
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    run = run_notebook("model_training.ipynb")["run"]
    assert run.report.is_file()
    monkeypatch.setenv("MODEL", str(tmp_path / "run"))
    monkeypatch.setenv("SPLIT", "val")
    assert run_notebook("model_evaluation.ipynb")["report"].n_images == 36
