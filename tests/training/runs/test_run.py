"""A run's folder and report, and what a run says about data that is not whole."""

import html
import json
import re
import shutil
import subprocess
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from training.tiny_world import recipe, stage, train
from twinlens.cli.commands.lab.train import data_options
from twinlens.data.find import open_dataset
from twinlens.errors import ConfigError, DataError, TrainingError
from twinlens.training.loop.run_log import EpochLog
from twinlens.training.recipe import Recipe
from twinlens.training.runs.run import FinishedRun, RunListener, load_run
from twinlens.training.runs.run_folder import RunFolder, git_state

Towers = dict[str, Path]
FEW = {"optimizer": {"batch_size": 8}, "stages": [stage(epochs=1, image="last-1")]}


@pytest.fixture
def small(world: Path, tmp_path: Path) -> Callable[..., Path]:
    """Writes a data set of twelve photos of the tiny world and four to measure on."""

    def write(*, skip: tuple[str, ...] = (), uncaptioned: tuple[str, ...] = (), val: bool = True) -> Path:
        dataset, folder = open_dataset(world), tmp_path / "small"
        photos = [*dataset.split("train")[:12], *dataset.split("val")[:4]]
        (folder / "images").mkdir(parents=True)
        for photo in photos:
            if photo.image_id not in skip:
                (folder / "images" / photo.image_id).write_bytes(photo.path.read_bytes())
        rows = [
            {"file_name": photo.image_id, "caption": "" if photo.image_id in uncaptioned else caption}
            for photo in photos
            for caption in photo.captions
        ]
        splits: dict[str, list[str]] = {"train": [], "val": []}
        for photo in photos:
            splits["train" if photo.image_id.startswith("train") else "val"].append(photo.image_id)
        (folder / "captions.json").write_text(json.dumps(rows), encoding="utf-8")
        (folder / "splits.json").write_text(json.dumps(splits if val else {**splits, "val": []}), encoding="utf-8")
        return folder

    return write


@pytest.fixture(scope="module")
def described(towers: Towers) -> Recipe:
    """A recipe whose description is no HTML."""
    return recipe(towers, description="<heads> & nothing else", stages=[stage(epochs=3)])


@pytest.fixture(scope="module")
def finished(
    described: Recipe, world: Path, cache: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[FinishedRun, list[EpochLog]]:
    """Its run and log, which no test changes."""
    return train(described, world, tmp_path_factory.mktemp("described") / "run", cache=cache)


class Page(HTMLParser):
    """Tags that are open, drawings and rows of a page."""

    VOID = ("img", "meta", "path", "use", "link", "br")

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.count: dict[str, int] = {}

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.count[tag] = self.count.get(tag, 0) + 1
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.VOID:
            assert self.open.pop() == tag


def test_a_run_leaves_all_that_is_needed_to_understand_it(described: Recipe, finished: Any, world: Path) -> None:
    run, lines = finished
    folder = RunFolder(run.folder)
    assert folder.recipe() == described
    assert folder.logs() == lines
    environment = folder.read_json("environment.json")
    assert environment["data"] == open_dataset(world).name
    assert (environment["train_photos"], environment["val_photos"], environment["device"]) == (144, 36, "cpu")
    assert environment["packages"]["torch"]
    assert folder.read_json("validation.json") == run.validation
    assert run.validation["text_to_image"] == lines[run.validation["epoch"] - 1].text_to_image
    assert not list(run.folder.glob("*.partial*"))


def test_the_report_is_one_whole_page_with_drawings_and_every_epoch(finished: Any) -> None:
    run, _ = finished
    text = run.report.read_text(encoding="utf-8")
    page = Page()
    page.feed(text)
    assert page.open == []
    assert page.count["svg"] == 3
    n_measures = len(run.validation["text_to_image"])
    assert page.count["tr"] == n_measures + 1 + 3 + 1  # measures and epochs, each with a head
    assert "<tr><td>P@5, per cent</td>" in text
    assert "<tr><td>MedR, rank</td>" in text
    assert "&lt;heads&gt; &amp; nothing else" in text
    assert not re.search(r"(src|href)=['\"]https?:", text)  # needs no network
    assert {file.name for file in (run.folder / "figures").iterdir()} == {"loss.svg", "recall.svg", "learning.svg"}


def test_the_report_shows_what_captions_find(finished: Any, world: Path) -> None:
    run, _ = finished
    text = run.report.read_text(encoding="utf-8")
    page = Page()
    page.feed(text)
    assert (page.count["h3"], page.count["img"]) == (6, 30)
    assert sum(text.count(f"<li class='{kind}'>") for kind in ("right", "wrong")) == 30
    first = open_dataset(world).split("val")[0]
    assert f"<h3>{html.escape(first.captions[0])}</h3>" in text


def test_tensorboard_finds_the_same_numbers(finished: Any) -> None:
    run, lines = finished
    board = EventAccumulator(str(run.folder / "tensorboard")).Reload()
    assert [event.value for event in board.Scalars("train/loss")] == pytest.approx([x.losses["loss"] for x in lines])
    assert [event.step for event in board.Scalars("val/text_to_image/R@1")] == [1, 2, 3]


def test_git_state_is_of_the_repository_that_keeps_the_code(tmp_path: Path) -> None:
    def git(*arguments: str) -> None:
        subprocess.run(["git", "-C", str(tmp_path), *arguments], check=True, capture_output=True)

    assert git_state(tmp_path) is None
    git("init")
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "a.py").write_text("a = 1\n")
    assert git_state(tmp_path / "code") is None  # an installed copy inside somebody's repository
    git("add", ".")
    git("-c", "user.name=a", "-c", "user.email=a@b", "commit", "-m", "one")
    state = git_state(tmp_path / "code")
    assert state is not None
    assert (len(state["commit"]), state["changed"]) == (40, False)
    (tmp_path / "code" / "a.py").write_text("a = 2\n")
    assert git_state(tmp_path / "code") == {**state, "changed": True}


def test_a_second_process_in_the_same_folder_is_refused(
    towers: Towers, small: Any, cache: Path, tmp_path: Path
) -> None:
    (tmp_path / "run").mkdir()
    with FileLock(tmp_path / "run" / ".lock"), pytest.raises(TrainingError, match="another process is training in"):
        train(recipe(towers, **FEW), small(), tmp_path / "run", cache=cache)
    train(recipe(towers, **FEW), tmp_path / "small", tmp_path / "run", cache=cache)


def test_a_failure_inside_the_run_is_not_taken_for_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(PermissionError), RunFolder(tmp_path).locked():
        raise PermissionError(13, "of another file")
    with RunFolder(tmp_path).locked():  # and the lock was given back
        pass


def test_a_log_whose_last_line_was_cut_is_read_without_it(finished: Any, tmp_path: Path) -> None:
    run, lines = finished
    folder = RunFolder(shutil.copytree(run.folder, tmp_path / "run"))
    with (folder.path / "metrics.jsonl").open("a") as file:
        file.write('{"epoch": 4, "sta')
    assert folder.logs() == lines
    assert folder.logs(until=1) == lines[:1]
    assert folder.logs() == lines[:1]


def test_a_folder_that_is_no_run_is_named(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match=r"not the folder of a training run: it has no recipe\.json"):
        load_run(tmp_path)
    (tmp_path / "recipe.json").write_text('{"name": "old", "unknown": 3}')
    with pytest.raises(TrainingError, match="not a valid recipe in this release"):
        load_run(tmp_path)


def test_captions_of_photos_that_are_gone_and_photos_without_captions_are_left_out_and_told(
    towers: Towers, small: Any, cache: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    notes: list[str] = []
    data = small(skip=("train-003.png", "train-005.png"), uncaptioned=("train-007.png",))
    run, _ = train(
        recipe(towers, **FEW), data, tmp_path / "run", cache=cache, listener=RunListener(on_note=notes.append)
    )
    assert notes == ["2 photos without a file in split 'train', e.g. train-003.png; left out"]
    assert "captions.json: 2 without caption left out" in caplog.text
    assert json.loads((run.folder / "environment.json").read_text())["train_photos"] == 9


@pytest.mark.parametrize("cached", ["disk", "memory"])
def test_photos_that_cannot_be_read_are_left_out_and_told(
    cached: str, towers: Towers, small: Any, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    data, notes = small(), []
    (data / "images" / "train-003.png").write_bytes(b"no photo")
    settings = recipe(towers, **FEW, data={"image_cache": cached})
    for name in ("first", "second"):  # the second finds the photos decoded
        train(settings, data, tmp_path / name, cache=tmp_path / "c", listener=RunListener(on_note=notes.append))
    assert notes == ["1 photo cannot be read, e.g. train-003.png; left out"] * 2
    assert "train-003.png: not an image" in caplog.text


def test_a_photo_that_cannot_be_read_is_named_where_photos_are_decoded_at_each_use(
    towers: Towers, small: Any, tmp_path: Path
) -> None:
    data = small()
    (data / "images" / "train-003.png").write_bytes(b"no photo")
    settings = recipe(towers, **FEW, data={"image_cache": "none"})
    settings = settings.model_copy(update={"optimizer": settings.optimizer.model_copy(update={"batch_size": 12})})
    with pytest.raises(TrainingError, match=r"train-003\.png cannot be read: not an image.* image_cache = 'disk'"):
        train(settings, data, tmp_path / "run", cache=tmp_path / "cache")


def test_data_of_which_nothing_can_be_read_is_refused(towers: Towers, small: Any, tmp_path: Path) -> None:
    data = small()
    for file in (data / "images").glob("val-*"):
        file.write_bytes(b"no photo")
    with pytest.raises(TrainingError, match="none of 4 photos can be read"):
        train(recipe(towers, **FEW), data, tmp_path / "run", cache=tmp_path / "cache")


def test_a_split_without_photos_is_refused(towers: Towers, small: Any, cache: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="split 'val' of small is empty"):
        train(recipe(towers, **FEW), small(val=False), tmp_path / "run", cache=cache)


def test_a_split_whose_photos_are_all_gone_is_refused(towers: Towers, small: Any, cache: Path, tmp_path: Path) -> None:
    data = small(skip=tuple(f"val-{number:03}.png" for number in range(4)))
    with pytest.raises(DataError, match="split 'val' of small has no photo with a file and a caption"):
        train(recipe(towers, **FEW), data, tmp_path / "run", cache=cache)


def test_a_size_that_the_tower_cannot_read_and_more_tokens_than_it_can_are_refused(
    towers: Towers, small: Any, cache: Path, tmp_path: Path
) -> None:
    from training.parts.towers.tiny import save_vit

    vit = {"tower": str(save_vit(tmp_path / "vit")), "image_size": 40}
    with pytest.raises(ConfigError, match=r"image\.image_size is 40, but .* its default is 32"):
        train(recipe(towers, **FEW, image=vit), small(), tmp_path / "run", cache=cache)
    with pytest.raises(ConfigError, match=r"text\.max_tokens is 99, but .* takes at most 24 tokens; lower it"):
        train(recipe(towers, **FEW, text={"max_tokens": 99}), tmp_path / "small", tmp_path / "run", cache=cache)


def test_the_next_step_names_the_data_as_the_command_did() -> None:
    given = data_options(None, Path("a.json"), Path("photos"), "coco")
    assert given == "--captions a.json --images photos --format coco"
    assert data_options(Path("flickr8k"), None, None, None) == "--data flickr8k"


@pytest.mark.parametrize("share", [-0.5, 1.5, float("nan")])
def test_a_share_of_the_fine_tuned_weights_that_is_none_is_refused(share: float, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"must be from 0 to 1, got"):
        load_run(tmp_path, wise_ft=share)
