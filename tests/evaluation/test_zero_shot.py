import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from conftest import ColourEncoder, PhotoMaker
from twinlens.data.readers.classes_json import ClassifiedImages, read_classes
from twinlens.errors import DataError
from twinlens.evaluation.zero_shot import TABLE_ROWS, class_embeddings, evaluate_zero_shot

NAMES = ("red", "green", "blue", "yellow", "white", "black")


class CollapsedEncoder(ColourEncoder):
    def _embed(self, colours: np.ndarray) -> np.ndarray:
        return np.tile(super()._embed(np.array([[10.0, 80.0, 200.0]], dtype=np.float32)), (len(colours), 1))


class BrokenEncoder(ColourEncoder):
    def _embed(self, colours: np.ndarray) -> np.ndarray:
        return np.full((len(colours), self.dim), np.nan, dtype=np.float32)


def classified(folder: Path, classes: dict[str, str]) -> ClassifiedImages:
    rows = [{"file_name": name, "class_name": class_name} for name, class_name in classes.items()]
    (folder / "classes.json").write_text(json.dumps(rows), encoding="utf-8")
    return read_classes(folder)


@pytest.fixture
def colours(make_photo: PhotoMaker, tmp_path: Path) -> ClassifiedImages:
    for name in NAMES:
        make_photo(f"images/{name}.png", name)
    return classified(tmp_path / "photos", {f"{name}.png": name for name in NAMES})


def test_a_model_that_knows_the_colours_is_always_right(colours: ClassifiedImages, encoder: ColourEncoder) -> None:
    report = evaluate_zero_shot(encoder, colours)
    assert (report.top1, report.top5, report.n_images, report.n_classes) == (100.0, 100.0, 6, 6)


def test_accuracy_equals_a_plain_loop(encoder: ColourEncoder, make_photo: PhotoMaker, tmp_path: Path) -> None:
    told = {
        "a.png": "red",
        "b.png": "white",
        "c.png": "blue",
        "d.png": "red yellow",
        "e.png": "black",
        "f.png": "green",
    }
    drawn = {"a.png": "red", "b.png": "yellow", "c.png": "blue", "d.png": "yellow", "e.png": "white", "f.png": "black"}
    for number, (name, colour) in enumerate(drawn.items()):
        make_photo(f"images/{name}", colour, seed=number)
    data = classified(tmp_path / "photos", told)
    prompts = ("a {} thing", "the {} night black")
    report = evaluate_zero_shot(encoder, data, prompts=prompts)

    places = []
    for path, label in zip(data.paths, data.labels, strict=True):
        photo = encoder.encode_image([Image.open(path).convert("RGB")])[0].astype(float)
        scores = []
        for name in data.class_names:
            texts = [encoder.encode_text([prompt.format(name)])[0].astype(float) for prompt in prompts]
            mean = sum(texts) / len(texts)
            scores.append(float(photo @ mean) / float(np.linalg.norm(mean)))
        places.append(sum(score >= scores[label] for score in scores))
    assert report.top1 == pytest.approx(100 * sum(place == 1 for place in places) / 6, abs=1e-3)
    assert report.top5 == pytest.approx(100 * sum(place <= 5 for place in places) / 6, abs=1e-3)
    assert 0 < report.top1 < report.top5  # else any answer would do


@pytest.mark.parametrize("bad", [CollapsedEncoder(), BrokenEncoder()], ids=["collapsed", "no numbers"])
def test_a_useless_model_is_never_right(colours: ClassifiedImages, bad: ColourEncoder) -> None:
    report = evaluate_zero_shot(bad, colours)
    assert (report.top1, report.top5) == (0.0, 0.0)


def test_classes_that_read_alike_count_against_the_photo(
    encoder: ColourEncoder, make_photo: PhotoMaker, tmp_path: Path
) -> None:
    make_photo("images/a.png", "red")
    make_photo("images/b.png", "blue")
    report = evaluate_zero_shot(encoder, classified(tmp_path / "photos", {"a.png": "red", "b.png": "a red"}))
    assert report.top1 == 0.0


def test_several_prompts_are_averaged(encoder: ColourEncoder, make_photo: PhotoMaker, tmp_path: Path) -> None:
    make_photo("images/a.png", "red")
    make_photo("images/b.png", "blue")
    data = classified(tmp_path / "photos", {"a.png": "red", "b.png": "blue"})
    misleading = ("{}", "red", "red")  # two of three prompts name red whatever the class is
    assert evaluate_zero_shot(encoder, data, prompts=misleading).top1 == 100.0
    assert evaluate_zero_shot(encoder, data, prompts=("red",)).top1 == 0.0
    assert evaluate_zero_shot(encoder, data, prompts=misleading).prompts == misleading


def test_classes_without_photos_can_be_chosen_wrongly(
    encoder: ColourEncoder, make_photo: PhotoMaker, tmp_path: Path
) -> None:
    make_photo("images/a.png", "red")
    make_photo("images/b.png", "red", seed=1)
    make_photo("images/c.png", "blue")
    data = classified(tmp_path / "photos", {"a.png": "rosy", "b.png": "rosy", "c.png": "blue"})
    names = {"red": ("red",), "rosy": ("yellow",), "blue": ("blue", "deep blue")}
    report = evaluate_zero_shot(encoder, data, class_names=names)
    assert (report.n_classes, report.top1, report.top5) == (3, pytest.approx(100 / 3, abs=1e-3), 100.0)
    assert [(own.class_name, own.n_images, own.top1) for own in report.classes] == [
        ("rosy", 2, 0.0),
        ("blue", 1, 100.0),
    ]
    assert report.ci95[0] == (0.0, 100.0)
    with pytest.raises(DataError, match="class 'rosy' of photos is not in the classes file"):
        evaluate_zero_shot(encoder, data, class_names={"red": ("red",)})


def test_several_names_and_templates_are_one_mean_of_unit_embeddings(encoder: ColourEncoder) -> None:
    names, prompts = {"sun": ("yellow", "white"), "night": ("black",)}, ("a {}", "red {} {}")
    found = class_embeddings(encoder, names, prompts)
    rows = encoder.encode_text(["a yellow", "a white", "red yellow yellow", "red white white"])
    assert found[0] == pytest.approx(rows.mean(axis=0) / np.linalg.norm(rows.mean(axis=0)), abs=1e-6)
    rows = encoder.encode_text(["a black", "red black black"])
    assert found[1] == pytest.approx(rows.mean(axis=0) / np.linalg.norm(rows.mean(axis=0)), abs=1e-6)


def test_no_prompt_is_an_error(colours: ClassifiedImages, encoder: ColourEncoder) -> None:
    with pytest.raises(DataError, match="at least one prompt"):
        evaluate_zero_shot(encoder, colours, prompts=())


def test_photos_that_cannot_be_read_are_named_and_in_no_figure(
    colours: ClassifiedImages, encoder: ColourEncoder, tmp_path: Path
) -> None:
    (tmp_path / "photos" / "images" / "red.png").write_bytes(b"")
    report = evaluate_zero_shot(encoder, colours)
    assert (report.n_images, report.n_classes, report.top1) == (5, 6, 100.0)
    assert [(Path(item.path).name, item.reason) for item in report.skipped] == [("red.png", "empty file")]
    assert report.to_json()["skipped"][0]["reason"] == "empty file"


def test_no_readable_photo_is_an_error(encoder: ColourEncoder, make_photo: PhotoMaker, tmp_path: Path) -> None:
    make_photo("images/a.png").write_bytes(b"")
    with pytest.raises(DataError, match="none of 1 photo could be read"):
        evaluate_zero_shot(encoder, classified(tmp_path / "photos", {"a.png": "red"}))


def test_the_report_can_be_printed_and_written_as_json(colours: ClassifiedImages, encoder: ColourEncoder) -> None:
    photos: list[tuple[int, int]] = []
    prompts: list[tuple[int, int]] = []
    report = evaluate_zero_shot(
        encoder, colours, on_progress=lambda *done: photos.append(done), on_texts=lambda *done: prompts.append(done)
    )
    assert (photos, prompts) == ([(6, 6)], [(0, 6), (6, 6)])
    assert json.loads(json.dumps(report.to_json())) == {
        "zero_shot": {
            "top1": 100.0,
            "top5": 100.0,
            "ci95": {"top1": [100.0, 100.0], "top5": [100.0, 100.0]},
            "n_images": 6,
            "n_classes": 6,
            "prompts": ["a photo of a {}"],
            "classes": [{"class_name": name, "n_images": 1, "top1": 100.0, "top5": 100.0} for name in NAMES],
        },
        "num_trained_on": None,
        "model": encoder.fingerprint,
    }
    assert "top-1 100.0 %" in str(report)


def test_classes_of_another_kind_are_printed_one_by_one(colours: ClassifiedImages, encoder: ColourEncoder) -> None:
    report = evaluate_zero_shot(encoder, colours)
    assert report.categories == ()
    assert "categories" not in report.to_json()["zero_shot"]
    assert [line.split()[0] for line in str(report).splitlines()[-len(NAMES) :]] == list(NAMES)


def test_a_category_has_the_mean_of_its_photos(make_photo: PhotoMaker, tmp_path: Path, encoder: ColourEncoder) -> None:
    drawn = {"beagle": "red", "pug": "green", "pizza": "blue"}
    for name, colour in {**drawn, "pug2": "red", "pug3": "green"}.items():
        make_photo(f"images/{name}.png", colour)
    data = classified(
        tmp_path / "photos", {f"{name}.png": name.rstrip("23") for name in ("beagle", "pug", "pug2", "pug3", "pizza")}
    )
    names = {name: (colour,) for name, colour in drawn.items()}
    report = evaluate_zero_shot(encoder, data, class_names=names)
    dogs, food = report.categories
    assert (dogs.category, dogs.n_classes, dogs.n_images) == ("dogs", 2, 4)
    assert dogs.top1 == 75.0  # the red pug is taken for a beagle
    assert (food.category, food.top1) == ("food and drink", 100.0)
    assert report.to_json()["zero_shot"]["categories"][0]["n_images"] == 4
    assert str(report).splitlines()[-2].split() == ["dogs", "4", "75.0", "100.0"]


def test_of_many_classes_the_worst_are_printed(make_photo: PhotoMaker, tmp_path: Path, encoder: ColourEncoder) -> None:
    names = {f"red {number}": ("red",) for number in range(TABLE_ROWS)} | {"the blue one": ("blue",)}
    for name in names:
        make_photo(f"images/{name}.png", "blue" if "blue" in name else "red")
    data = classified(tmp_path / "photos", {f"{name}.png": name for name in names})
    report = evaluate_zero_shot(encoder, data, class_names=names)
    assert f"worst {TABLE_ROWS} classes" in str(report)
    assert "the blue one" not in str(report)
