"""``twinlens evaluate`` as a user runs it: embeddings kept, read, compared; classes; wrong input in one line."""

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from conftest import COLOURS, PhotoMaker
from e2e.conftest import Run

CAPTIONS = {name: [f"a plain {name} wall", f"{name} paint"] for name in COLOURS}


@pytest.fixture
def data(make_photo: PhotoMaker, tmp_path: Path) -> Path:
    """Six photos, one a colour, two captions each."""
    for name in COLOURS:
        make_photo(f"images/{name}.png", name, size=(96, 96))
    rows = [{"file_name": f"{name}.png", "caption": caption} for name, own in CAPTIONS.items() for caption in own]
    (tmp_path / "photos" / "captions.json").write_text(json.dumps(rows))
    return tmp_path / "photos"


@pytest.fixture
def embeddings(tmp_path: Path) -> Path:
    """What another program may bring: forty photos, two captions each, and nothing else."""
    random = np.random.default_rng(0)
    images = random.normal(size=(40, 16))
    index = np.repeat(np.arange(40), 2)
    texts = images[index] + random.normal(size=(80, 16))
    np.savez(tmp_path / "other.npz", image_embeddings=images, text_embeddings=texts, text_image_index=index)
    return tmp_path / "other.npz"


def only_line(result: object, code: int = 1) -> str:
    lines = result.stderr.strip().splitlines()  # type: ignore[attr-defined]
    assert (result.returncode, result.stdout, len(lines)) == (code, "", 1), result  # type: ignore[attr-defined]
    return lines[0]


def test_saved_embeddings_give_the_same_report_and_ranks(run: Run, data: Path, tmp_path: Path) -> None:
    saved, ranks = tmp_path / "kept.npz", tmp_path / "ranks.csv"
    first = run("evaluate", "--data", data, "--split", "all", "--json", "--save-embeddings", saved, "--ranks", ranks)
    assert first.returncode == 0, first.stderr
    for part, count in (("embedding photos", "6/6"), ("embedding captions", "12/12"), ("ranking queries", "18/18")):
        (line,) = [line for line in first.stderr.splitlines() if line.startswith(part)]
        assert count in line
    report = json.loads(first.stdout)
    assert report["protocol"].startswith("photos/all: whole gallery")
    for direction in ("text_to_image", "image_to_text"):
        for name, (low, high) in report[direction]["ci95"].items():
            assert low <= report[direction][name] <= high
    again = run("evaluate", "--embeddings", saved, "--json")
    assert json.loads(again.stdout) == report
    with ranks.open(encoding="utf-8", newline="") as file:
        lines = list(csv.DictReader(file))
    assert [line["direction"] for line in lines] == ["text_to_image"] * 12 + ["image_to_text"] * 6
    assert {(line["caption"], line["photo"]) for line in lines[:12]} == {
        (caption, f"{name}.png") for name, own in CAPTIONS.items() for caption in own
    }
    hits = [int(line["rank"]) == 1 for line in lines[:12]]
    assert 100 * sum(hits) / 12 == pytest.approx(report["text_to_image"]["R@1"], abs=1e-3)
    assert sum(hits) >= 4  # chance is 2
    same = run("evaluate", "--compare", saved, "default", "--data", data, "--split", "all", "--json")
    assert same.returncode == 0, same.stderr
    assert json.loads(same.stdout)["text_to_image"]["MRR"]["difference"] == 0


def test_arrays_of_another_program_give_the_report_of_the_model_that_made_them(
    run: Run, data: Path, tmp_path: Path
) -> None:
    saved = tmp_path / "kept.npz"
    report = json.loads(run("evaluate", "--data", data, "--split", "all", "--json", "--save-embeddings", saved).stdout)
    with np.load(saved) as kept:
        order = [4, 2, 0, 1, 5, 3]
        np.save(tmp_path / "photos.npy", kept["image_embeddings"][order])
        (tmp_path / "photos.txt").write_text("".join(f"/else/{kept['image_ids'][row]}\n" for row in order))
        np.save(tmp_path / "texts.npy", kept["text_embeddings"])
    again, ranks = tmp_path / "again.npz", tmp_path / "ranks.csv"
    arrays = ("--embeddings", tmp_path / "photos.npy", "--text-embeddings", tmp_path / "texts.npy")
    result = run(
        *("evaluate", *arrays, "--data", data, "--split", "all", "--json"),
        *("--save-embeddings", again, "--ranks", ranks),
    )
    assert result.returncode == 0, result.stderr
    assert json.loads(result.stdout) == {**report, "model": None, "num_trained_on": None}
    assert len(ranks.read_text().splitlines()) == 1 + 12 + 6
    compared = run("evaluate", "--compare", saved, again, "--json")
    assert json.loads(compared.stdout)["text_to_image"]["MRR"]["difference"] == 0
    assert "give the data set as well" in only_line(run("evaluate", *arrays))


def test_a_folder_of_clip_retrieval_is_measured_by_itself(run: Run, tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    images = random.normal(size=(12, 8)).astype(np.float16)
    for name, rows in (("img_emb", images), ("text_emb", images + random.normal(size=(12, 8)) / 9)):
        (tmp_path / "clip" / name).mkdir(parents=True)
        np.save(tmp_path / "clip" / name / f"{name}_0.npy", rows.astype(np.float16))
    (tmp_path / "clip" / "metadata").mkdir()
    lines = "".join(f"/photos/{number}.jpg,photo {number}\n" for number in range(12))
    (tmp_path / "clip" / "metadata" / "metadata_0.csv").write_text(f"image_path,caption\n{lines}")
    result = run("evaluate", "--embeddings", tmp_path / "clip", "--json")
    assert result.returncode == 0, result.stderr
    report = json.loads(result.stdout)
    assert (report["n_images"], report["n_captions"], report["text_to_image"]["R@1"]) == (12, 12, 100.0)


def test_truth_files_of_coco_judge_a_model_and_its_saved_vectors_alike(
    run: Run, make_photo: PhotoMaker, tmp_path: Path
) -> None:
    annotations, images = [], []
    for number, (name, own) in enumerate(CAPTIONS.items(), start=1):
        file_name = f"COCO_val2014_{number:012}.jpg"
        make_photo(f"images/val2014/{file_name}", name, size=(96, 96))
        images.append({"id": number, "file_name": file_name})
        annotations += [{"image_id": number, "id": 10 * number + place, "caption": own[place]} for place in range(2)]
    coco = {"images": images, "annotations": annotations}
    (tmp_path / "photos" / "captions_val2014.json").write_text(json.dumps(coco))
    rated = "".join(
        f"COCO_val2014:sentid:{10 * number + place},COCO_val2014_{photo:012}.jpg,{score},c2i_original\n"
        for number in (1, 2)
        for place in range(2)
        for photo, score in ((number, 4.2), (3, 3.0), (4, 2.9))
    )
    truth, saved = tmp_path / "sits_test.csv", tmp_path / "kept.npz"
    truth.write_text(f"caption,image,agg_score,sampling_method\n{rated}")
    asked = ("--truth", truth, "--json")
    first = run("evaluate", "--data", tmp_path / "photos", "--split", "all", *asked, "--save-embeddings", saved)
    assert first.returncode == 0, first.stderr
    report = json.loads(first.stdout)
    assert report["protocol"].endswith("4 captions and 3 photos asked")
    assert (report["n_images"], report["n_captions"]) == (6, 12)
    assert report["text_to_image"]["coverage@10"] == 100.0
    assert report["image_to_text"].keys() >= {"R-Precision", "mAP@R"}
    again = run("evaluate", "--embeddings", saved, *asked)
    assert json.loads(again.stdout) == report
    folds = run("evaluate", "--embeddings", saved, *asked, "--folds", 2)
    assert (folds.returncode, "gallery 2 of 2 has none of" in folds.stderr) == (1, True)
    compared = json.loads(run("evaluate", "--compare", saved, saved, *asked).stdout)
    assert compared["data"] == "photos/all with sits_test.csv"
    assert compared["image_to_text"]["mAP@R"]["a"] == pytest.approx(report["image_to_text"]["mAP@R"], abs=1e-3)
    (tmp_path / "photos" / "captions_val2014.json").unlink()
    rows = [{"file_name": f"val2014/{own['file_name']}", "caption": "a wall"} for own in images]
    (tmp_path / "photos" / "captions.json").write_text(json.dumps(rows))
    plain = run("evaluate", "--data", tmp_path / "photos", "--split", "all", *asked)
    assert "has no COCO numbers of its captions" in only_line(plain)


def test_a_compositional_set_is_found_out_by_looking(run: Run, make_photo: PhotoMaker, tmp_path: Path) -> None:
    for name in ("red", "blue"):
        make_photo(f"val2017/{name}.png", name, size=(96, 96))
    pair = {"filename": "red.png", "caption": "a red wall", "negative_caption": "a blue wall"}
    (tmp_path / "crepe").mkdir()
    (tmp_path / "crepe" / "swap_att.json").write_text(json.dumps({"0": pair, "1": {**pair, "filename": "blue.png"}}))
    given = ("--data", tmp_path / "crepe", "--images", tmp_path / "photos" / "val2017")
    result = run("evaluate", *given, "--json")
    assert result.returncode == 0, result.stderr
    found = json.loads(result.stdout)["compositional"]
    assert (found["kind"], found["n_cases"], found["n_images"]) == ("sugarcrepe", 2, 2)
    assert found["accuracy"] in (0.0, 50.0, 100.0)
    assert "give COCO's val2017 with --images" in only_line(run("evaluate", *given[:2]))
    wrong = run("evaluate", *given, "-k", 1)
    assert wrong.returncode == 2
    assert "cannot be used with a compositional set" in " ".join(wrong.stderr.replace("│", " ").split())


def test_embeddings_of_another_program_are_measured_and_compared(run: Run, embeddings: Path, tmp_path: Path) -> None:
    result = run("evaluate", "--embeddings", embeddings, "-k", 3, "--k", 20, "--folds", 4)
    assert result.returncode == 0, result.stderr
    for told in (
        "40 photos, 80 captions",
        "R@3",
        "coverage@20",
        "95 % intervals",
        "mean of 4 galleries",
        "lengths from",
    ):
        assert told in result.stdout
    arrays = dict(np.load(embeddings))
    arrays["text_embeddings"] = np.random.default_rng(1).permutation(arrays["text_embeddings"])
    np.savez(tmp_path / "worse.npz", **arrays)
    compared = run(
        *("evaluate", "--compare", embeddings, tmp_path / "worse.npz", "--json", "--plots", tmp_path / "bars")
    )
    assert [file.name for file in (tmp_path / "bars").iterdir()] == ["model_comparison.png"]
    found = json.loads(compared.stdout)["text_to_image"]["R@5"]
    assert found["a_better"] > 0.99
    assert found["ci95"][0] > 0


@pytest.mark.parametrize(
    ("array", "rows", "value", "told"),
    [
        ("image_embeddings", 3, np.nan, "NaN or infinity in 1 row, first in row 3"),
        ("text_embeddings", 7, 0, "text_embeddings has 1 row of zeros, the first is row 7"),
        ("text_image_index", 9, 40, "must be from 0 to 39, but text 9 has 40"),
        ("text_image_index", [78, 79], None, "one number for each of 80 texts, got [78]"),
        ("text_embeddings", [0], None, "one number for each of 79 texts, got [80]"),
    ],
)
def test_bad_arrays_are_told_in_one_line(
    run: Run, embeddings: Path, tmp_path: Path, array: str, rows: int | list[int], value: float | None, told: str
) -> None:
    arrays = dict(np.load(embeddings))
    if value is None:
        arrays[array] = np.delete(arrays[array], rows, axis=0)
    else:
        arrays[array][rows] = value
    np.savez(tmp_path / "bad.npz", **arrays)
    assert told in only_line(run("evaluate", "--embeddings", tmp_path / "bad.npz"))


def test_a_cut_off_beyond_the_gallery_is_told_before_anything_is_embedded(run: Run, data: Path) -> None:
    assert "K = 7 is larger than the gallery of 6 photos" in only_line(
        run("evaluate", "--data", data, "--split", "all", "-k", 7)
    )


def test_bad_files_and_cut_offs_are_told_in_one_line(run: Run, embeddings: Path, tmp_path: Path) -> None:
    assert "K = 5000 is larger than the gallery of 40 photos" in only_line(
        run("evaluate", "--embeddings", embeddings, "--k", 5000)
    )
    assert "is missing" in only_line(run("evaluate", "--embeddings", tmp_path / "absent.npz"))
    assert "must end in .csv" in only_line(run("evaluate", "--embeddings", embeddings, "--ranks", tmp_path / "x.txt"))


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ((), "no data set given"),
        (("--embeddings", "x.npz", "--data", "."), "--data cannot be used with --embeddings"),
        (("--embeddings", "x.npz", "--record"), "--record cannot be used with --embeddings"),
        (("--embeddings", "x.npy", "--model", "default"), "--model cannot be used with --embeddings"),
        (("--data", "tests", "--text-embeddings", "x.npy"), "--text-embeddings cannot be used with captioned photos"),
        (("--compare", "a.npz", "b.npz", "--folds", "2"), "--folds cannot be used with --compare"),
        (("--embeddings", "x.npz", "--ratios", "80/20"), "--ratios cannot be used with --embeddings"),
        (("--compare", "a.npz", "b.npz", "--prompt", "a {}"), "--prompt cannot be used with --compare"),
        (("--compare", "a.npz", "default"), "comparing two models needs --data DIR"),
        (("--data", ".", "-k", "0"), "greater than or equal to 1"),
        (("--data", ".", "--prompt", "a photo"), "needs {} where"),
    ],
)
def test_options_that_do_not_go_together_are_wrong_usage(run: Run, arguments: tuple[str, ...], told: str) -> None:
    result = run("evaluate", *arguments)
    assert result.returncode == 2
    assert told in " ".join(result.stderr.replace("│", " ").split())


def test_classes_are_told_apart_by_names_and_prompts_of_a_file(
    run: Run, make_photo: PhotoMaker, tmp_path: Path
) -> None:
    rows = []
    for name in ("red", "blue"):
        make_photo(f"images/{name}.png", name, size=(96, 96))
        rows.append({"file_name": f"{name}.png", "class_name": name})
    (tmp_path / "photos" / "classes.json").write_text(json.dumps(rows))
    names = {"red": ["red", "scarlet"], "blue": "blue", "a crowd": "people in a stadium"}
    (tmp_path / "names.json").write_text(json.dumps(names))
    result = run(
        *("evaluate", "--data", tmp_path / "photos", "--classes", tmp_path / "names.json", "--json"),
        *("--prompt", "a {} wall", "--prompt", "a photo of the colour {}"),
    )
    assert result.returncode == 0, result.stderr
    found = json.loads(result.stdout)["zero_shot"]
    assert (found["n_images"], found["n_classes"]) == (2, 3)
    assert found["prompts"] == ["a {} wall", "a photo of the colour {}"]
    assert [own["class_name"] for own in found["classes"]] == ["red", "blue"]
    wrong = run("evaluate", "--data", tmp_path / "photos", "--ranks", tmp_path / "ranks.csv")
    assert wrong.returncode == 2


def test_plots_without_matplotlib_are_refused_before_anything_is_measured(tmp_path: Path) -> None:
    hidden = tmp_path / "hidden"
    hidden.mkdir()
    # stands before the installed packages, as if matplotlib were not there
    (hidden / "sitecustomize.py").write_text(
        "import sys\n"
        "class NoMatplotlib:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name.partition('.')[0] == 'matplotlib':\n"
        "            raise ModuleNotFoundError(f'No module named {name!r}', name=name)\n"
        "sys.meta_path.insert(0, NoMatplotlib())\n"
    )
    arguments = ["evaluate", "--data", str(tmp_path / "nowhere"), "--plots", str(tmp_path / "plots")]
    finished = subprocess.run(
        [sys.executable, "-m", "twinlens", *arguments],
        env={**os.environ, "PYTHONPATH": str(hidden)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 1
    assert finished.stderr.splitlines() == [
        'error: plots need matplotlib, which is not installed: pip install "twinlens[plots]"'
    ]
