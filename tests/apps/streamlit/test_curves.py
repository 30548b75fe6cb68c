"""Rows of the charts and tables of training runs."""

import json
from pathlib import Path

from filelock import FileLock

from apps.conftest import a_run
from twinlens.api.runs import read_run
from twinlens.apps.streamlit.measuring.runs import curves
from twinlens.apps.streamlit.measuring.runs.run_charts import lines


def test_rows_of_a_run_are_those_of_its_log(tmp_path: Path) -> None:
    run = read_run(a_run(tmp_path / "first"))
    losses = curves.loss_rows("first", run.epochs)
    assert losses[:2] == [
        {"run": "first", "kind": "train", "epoch": 1, "value": 1.0},
        {"run": "first", "kind": "val", "epoch": 1, "value": 2.0},
    ]
    recalls = curves.recall_rows("first", run.epochs, "R@10")
    assert [(row["kind"], row["epoch"], row["value"]) for row in recalls[:2]] == [
        ("text → image", 1, 60.0),
        ("image → text", 1, 60.0),
    ]
    assert {row["kind"] for row in curves.rate_rows("first", run.epochs)} == {"heads"}
    assert curves.best_epoch(run.epochs) == 1
    assert curves.of_best(recalls, {"first": 1}) == recalls[:2]
    chart = lines(recalls, y="R@10", best=recalls[:2])
    assert [layer["mark"]["type"] for layer in chart["layer"]] == ["line", "point"]


def test_a_run_in_a_row_says_how_it_ended(tmp_path: Path) -> None:
    rows = {
        name: curves.summary_row(name, read_run(a_run(tmp_path / name, **options)))
        for name, options in {
            "early": {},
            "whole": {"epochs": 3},
            "going": {"finished": False},
            "new": {"epochs": 0, "finished": False},
        }.items()
    }
    states = {name: row["state"] for name, row in rows.items()}
    assert states == {
        "early": "stopped early",
        "whole": "finished",
        "going": "interrupted",
        "new": "no epoch is finished yet",
    }
    assert (rows["early"]["epochs"], rows["early"]["best epoch"], rows["early"]["R@1 text → image in %"]) == (
        "2 of 3",
        "1",
        "10.0",
    )
    assert (rows["new"]["best epoch"], rows["new"]["R@1 image → text in %"]) == ("–", "–")


def test_a_run_is_being_trained_while_its_lock_is_held(tmp_path: Path) -> None:
    folder = a_run(tmp_path / "going", finished=False)
    with FileLock(folder / ".lock"):
        assert curves.state_of(read_run(folder)) == "training now"
    assert curves.state_of(read_run(folder)) == "interrupted"


def test_where_a_run_was_resumed_is_marked(tmp_path: Path) -> None:
    folder = a_run(tmp_path / "cut", epochs=3)
    notes = [{"after_epoch": 0, "step": 2}, {"after_epoch": 2, "step": 0}, {"after_epoch": "?"}, "?"]
    (folder / "environment.json").write_text(json.dumps({"resumed": notes}))
    run = read_run(folder)
    assert run.resumed_after == [0, 2]
    rows = curves.resumed_rows("cut", run)
    assert rows == [{"run": "cut", "epoch": 2.5, "mark": "interrupted and resumed after epoch 2"}]
    chart = lines(curves.loss_rows("cut", run.epochs), y="loss", best=[], resumed=rows)
    assert [layer["mark"]["type"] for layer in chart["layer"]] == ["line", "rule"]


def test_every_epoch_has_a_row_with_all_its_figures(tmp_path: Path) -> None:
    rows = curves.epoch_rows("first", read_run(a_run(tmp_path / "first")).epochs)
    assert [row["epoch"] for row in rows] == [1, 2]
    assert (rows[0]["text → image R@10"], rows[0]["losses pairs"]) == (60.0, 1.0)


def test_rates_that_fall_to_nothing_leave_room_for_the_others() -> None:
    rows = [{"run": "a", "kind": "heads", "epoch": epoch, "value": 10.0**-epoch} for epoch in range(2, 12)]
    scale = lines(rows, y="learning rate", best=[], is_log=True)["layer"][0]["encoding"]["y"]["scale"]
    assert scale == {"type": "log", "domain": [1e-6, 1e-2], "clamp": True}


def test_settings_that_differ_are_found_at_any_depth() -> None:
    first = {"seed": 1, "stages": [{"epochs": 3, "loss": {"name": "x"}}], "data": {"split": ["a", "b"]}}
    second = {"seed": 1, "stages": [{"epochs": 5, "loss": {"name": "x"}}, {"epochs": 1}], "data": {"split": ["a"]}}
    assert curves.differing({"a": first, "b": second}) == [
        {"setting": "stages[1].epochs", "a": "3", "b": "5"},
        {"setting": "data.split", "a": "['a', 'b']", "b": "['a']"},
        {"setting": "stages[2].epochs", "a": "–", "b": "1"},
    ]
    assert curves.differing({"a": first, "same": dict(first)}) == []
