"""``twinlens audit`` as users run it."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from e2e.conftest import PHOTOS, SAMPLES, Run


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Six real photos, two captions each; the test split has a photo of the train split under another name."""
    folder = tmp_path / "claimed"
    (folder / "images").mkdir(parents=True)
    rows = []
    for source in PHOTOS.values():
        shutil.copyfile(SAMPLES / source, folder / "images" / source)
        name = source.partition(".")[0]
        rows += [{"file_name": source, "caption": f"{words} {name}"} for words in ("a photo of", "this is a")]
    shutil.copyfile(SAMPLES / "coffee.png", folder / "images" / "cup.png")
    rows += [{"file_name": "cup.png", "caption": "a cup"}, {"file_name": "cup.png", "caption": "a cup"}]
    splits = {
        "train": ["coffee.png", "rocket.jpg", "camera.png"],
        "test": ["chelsea.png", "motorcycle_left.png", "astronaut.png", "cup.png"],
    }
    (folder / "captions.json").write_text(json.dumps(rows), encoding="utf-8")
    (folder / "splits.json").write_text(json.dumps(splits), encoding="utf-8")
    return folder


def test_audit_names_the_leak_and_shows_wrong_protocols_beside_the_right_one(run: Run, data: Path) -> None:
    result = run("audit", "--data", data)
    assert result.returncode == 0, result.stderr
    assert result.stdout.startswith("claimed/test: 4 photos, 8 captions, model ")
    assert "error: 1 photo of test byte-identical to one of another split" in result.stdout
    for row in ("right: whole gallery", "wrong: in batches of 32", "wrong: training rows included", "baseline: TF-IDF"):
        assert row in result.stdout
    for part, count in (
        ("embedding photos", "7/7"),
        ("embedding captions", "14/14"),
        ("comparing photos", "7/7"),
        ("ranking queries", "21/21"),
    ):
        assert any(line.startswith(part) and count in line for line in result.stderr.splitlines())
    said = result.stderr.splitlines()
    assert "error: 1 photo of test byte-identical to one of another split; results are too high " in said[-2]
    assert said[-1].startswith("warning: the gallery has 4 photos and 8 captions")


def test_audit_as_json_has_the_right_figures_of_evaluate(run: Run, data: Path, tmp_path: Path) -> None:
    saved = tmp_path / "test.npz"
    measured = json.loads(run("evaluate", "--data", data, "--save-embeddings", saved, "--json").stdout)
    for source in (["--data", data, "--quick"], ["--embeddings", saved]):
        result = run("audit", *source, "--json")
        assert result.returncode == 0, result.stderr
        fields = json.loads(result.stdout)
        right = [row for row in fields["protocols"] if row["is_right"]]
        assert [row["text_to_image"]["R@1"] for row in right] == [measured["text_to_image"]["R@1"]]
        assert [row["image_to_text"]["MeanR"] for row in right] == [measured["image_to_text"]["MeanR"]]
        assert fields["model"] == measured["model"]
        assert fields["not_checked"]


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        ([], 2, "nothing to audit"),
        (["--captions", "captions.json"], 2, "must be given together"),
        (["--embeddings", "gone.npz"], 1, "gone.npz is missing"),
        (["--embeddings", "nan.npz"], 1, "has NaN"),
        (["--data", "claimed", "--split", "tset"], 1, "no split is called 'tset'"),
        (["--data", "nowhere"], 1, "does not exist"),
    ],
)
def test_mistakes_are_one_clear_line(
    run: Run, data: Path, tmp_path: Path, arguments: list[str], code: int, message: str
) -> None:
    rows = np.full((2, 3), np.nan, dtype=np.float32)
    index = np.arange(2)
    np.savez(tmp_path / "nan.npz", image_embeddings=rows, text_embeddings=rows, text_image_index=index)
    result = run("audit", *arguments)
    assert result.returncode == code
    assert message in result.stderr
    assert "Traceback" not in result.stderr
    assert result.stdout == ""


def test_help_ends_with_an_example(run: Run) -> None:
    assert "Example: twinlens audit" in run("audit", "--help").stdout
